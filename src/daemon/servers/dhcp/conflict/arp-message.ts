import { type Ipv4Address, ipv4FromBytes, ipv4ToBytes } from '../../../../base/ipv4-address.ts'
import {
  type MacAddress,
  macAddressFromBytes,
  macAddressToBytes,
} from '../../../../base/mac-address.ts'

/** Ethernet and IPv4, addresses of 6 and 4 bytes, RFC 826. */
const ethernetIpv4 = [0, 1, 8, 0, 6, 4] as const
const request = 1
const messageBytes = 28

/**
 * Asks who has `target` without claiming an address of one's own, RFC 5227 §2.1.1.
 *
 * ```
 *  0  hardware 2, protocol 2, lengths 1 1, operation 2
 *  8  sender: MAC 6, IPv4 4
 * 18  target: MAC 6, IPv4 4
 * ```
 */
export function arpProbe(ownMacAddress: MacAddress, target: Ipv4Address): Uint8Array {
  const message = new Uint8Array(messageBytes)
  message.set([...ethernetIpv4, 0, request])
  message.set(macAddressToBytes(ownMacAddress), 8)
  message.set(ipv4ToBytes(target), 24)
  return message
}

/** Who says that which address is theirs; undefined for anything that is no ARP of Ethernet and IPv4. */
export function readArpSender(
  message: Uint8Array,
): { readonly macAddress: MacAddress; readonly address: Ipv4Address } | undefined {
  if (message.length < messageBytes) return undefined
  if (ethernetIpv4.some((byte, index) => message[index] !== byte)) return undefined
  return {
    macAddress: macAddressFromBytes(message.subarray(8, 14)),
    address: ipv4FromBytes(message.subarray(14, 18)),
  }
}
