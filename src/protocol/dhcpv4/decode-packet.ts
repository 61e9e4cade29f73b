import { type Ipv4Address, ipv4At, unspecifiedIpv4 } from '../../base/ipv4-address.ts'
import { decodeOptions } from './decode-options.ts'
import { messageTypeFromNumber } from './dhcp-message-type.ts'
import { dhcpOptionCode } from './dhcp-option-code.ts'
import { type DhcpPacket, headerBytes, magicCookie, textFields } from './dhcp-packet.ts'

export type DhcpDecoding =
  | { readonly ok: true; readonly packet: DhcpPacket }
  | { readonly ok: false; readonly reason: string }

const malformed = (reason: string): DhcpDecoding => ({ ok: false, reason })

const operations = [undefined, 'request', 'reply'] as const
const ethernet = { hardwareType: 1, addressBytes: 6 } as const
const noBytes = new Uint8Array(0)

/**
 * Reads any datagram as a DHCP message on Ethernet, or says why it is none: too short, no cookie, an
 * option that runs past its end, BOOTP without a message type, other hardware. Values are copies.
 */
export function decodePacket(bytes: Uint8Array): DhcpDecoding {
  if (bytes.length < headerBytes) return malformed('shorter than a DHCP header')
  if (uint32At(bytes, 236) !== magicCookie) return malformed('no magic cookie')
  const [op = 0, hardwareType = 0, hardwareLength = 0, hops = 0] = bytes
  const operation = operations[op]
  if (operation === undefined) return malformed(`operation ${op}`)
  const reason = otherHardware(hardwareType, hardwareLength, bytes[28] ?? 0)
  if (reason !== undefined) return malformed(reason)
  const message = bytes.slice()
  const decoding = decodeOptions(message)
  if (!decoding.ok) return decoding
  const { options, overloaded } = decoding
  const typeBytes = options.get(dhcpOptionCode.messageType)
  const messageType = typeBytes?.length === 1 ? messageTypeFromNumber(typeBytes[0] ?? 0) : undefined
  if (messageType === undefined) return malformed('no known message type')
  options.delete(dhcpOptionCode.messageType)
  const packet: DhcpPacket = {
    operation,
    messageType,
    hops,
    transactionId: uint32At(message, 4),
    seconds: uint16At(message, 8),
    flags: uint16At(message, 10),
    clientAddress: addressAt(message, 12),
    yourAddress: addressAt(message, 16),
    nextServerAddress: addressAt(message, 20),
    relayAddress: addressAt(message, 24),
    hardwareAddress: message.subarray(28, 44),
    serverName: (overloaded & 2) === 0 ? textOf(message, textFields.serverName) : noBytes,
    bootFile: (overloaded & 1) === 0 ? textOf(message, textFields.bootFile) : noBytes,
    options,
  }
  return { ok: true, packet }
}

/** Why the client's hardware is not ours to serve, or undefined. */
function otherHardware(type: number, addressBytes: number, firstByte: number): string | undefined {
  if (type !== ethernet.hardwareType) return `hardware type ${type}`
  if (addressBytes !== ethernet.addressBytes) return `hardware address of ${addressBytes} bytes`
  return (firstByte & 1) === 0 ? undefined : 'the hardware address is a group'
}

/** Up to its NUL. */
function textOf(
  message: Uint8Array,
  { offset, sizeBytes }: { readonly offset: number; readonly sizeBytes: number },
): Uint8Array {
  if (message[offset] === 0) return noBytes
  const field = message.subarray(offset, offset + sizeBytes)
  const end = field.indexOf(0)
  return end === -1 ? field : field.subarray(0, end)
}

/** Three of four addresses of a usual message are not set. */
function addressAt(message: Uint8Array, offset: number): Ipv4Address {
  return uint32At(message, offset) === 0 ? unspecifiedIpv4 : ipv4At(message, offset)
}

function uint16At(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0)
}

function uint32At(bytes: Uint8Array, offset: number): number {
  return uint16At(bytes, offset) * 0x1_0000 + uint16At(bytes, offset + 2)
}
