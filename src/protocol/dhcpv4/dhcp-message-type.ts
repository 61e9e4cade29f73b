/** Option 53, RFC 2132 §9.6, by the number on the wire. */
const messageTypes = [
  undefined,
  'discover',
  'offer',
  'request',
  'decline',
  'ack',
  'nak',
  'release',
  'inform',
] as const

export type DhcpMessageType = Exclude<(typeof messageTypes)[number], undefined>

/** Undefined for numbers that RFC 2132 does not define. */
export function messageTypeFromNumber(number: number): DhcpMessageType | undefined {
  return messageTypes[number]
}

export function messageTypeNumber(messageType: DhcpMessageType): number {
  return messageTypes.indexOf(messageType)
}
