/** UDP payload that every client takes without option 57: 576 bytes less the IP and UDP headers, RFC 2131 §2. */
export const leastMessageBytes = 548

/** UDP payload of an Ethernet frame of 1500 bytes: nothing we send is ever fragmented. */
export const mostMessageBytes = 1472

const ipAndUdpHeaderBytes = 28

/**
 * How long a reply may be, in bytes of UDP payload.
 *
 * @param maximumMessageSize option 57 of the request; it counts the IP and UDP headers. Absurd values
 *   (below 576, above the frame) are brought into range.
 */
export function messageLimit(maximumMessageSize: number | undefined): number {
  const wanted = (maximumMessageSize ?? 0) - ipAndUdpHeaderBytes
  return Math.min(mostMessageBytes, Math.max(leastMessageBytes, wanted))
}
