import { type DhcpMessageType, messageTypeFromNumber } from './dhcp-message-type.ts'
import { dhcpOptionCode } from './dhcp-option-code.ts'
import { headerBytes } from './dhcp-packet.ts'

/**
 * What a packet is, without reading all of it: the type stands first in what clients send. Undefined where
 * it does not, and for anything that is no DHCP; {@link decodePacket} knows better then.
 */
export function peekMessageType(bytes: Uint8Array): DhcpMessageType | undefined {
  const isFirst = bytes[headerBytes] === dhcpOptionCode.messageType && bytes[headerBytes + 1] === 1
  return isFirst ? messageTypeFromNumber(bytes[headerBytes + 2] ?? 0) : undefined
}
