import { ByteReader } from '../../base/byte-reader.ts'
import { ipv4FromBytes } from '../../base/ipv4-address.ts'
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

/**
 * Reads any datagram as a DHCP message on Ethernet, or says why it is none: too short, no cookie, an
 * option that runs past its end, BOOTP without a message type, other hardware. Values are copies.
 */
export function decodePacket(bytes: Uint8Array): DhcpDecoding {
  if (bytes.length < headerBytes) return malformed('shorter than a DHCP header')
  const message = bytes.slice()
  if (new ByteReader(message, 236).uint32() !== magicCookie) return malformed('no magic cookie')
  const header = decodeHeader(message)
  if (typeof header === 'string') return malformed(header)
  const serverName = fieldBytes(message, textFields.serverName)
  const bootFile = fieldBytes(message, textFields.bootFile)
  const decoding = decodeOptions({ options: message.subarray(headerBytes), bootFile, serverName })
  if (!decoding.ok) return decoding
  const { options, overloaded } = decoding
  const typeBytes = options.get(dhcpOptionCode.messageType)
  const messageType = typeBytes?.length === 1 ? messageTypeFromNumber(typeBytes[0] ?? 0) : undefined
  if (messageType === undefined) return malformed('no known message type')
  options.delete(dhcpOptionCode.messageType)
  const packet: DhcpPacket = {
    ...header,
    messageType,
    serverName: untilNul(serverName, (overloaded & 2) !== 0),
    bootFile: untilNul(bootFile, (overloaded & 1) !== 0),
    options,
  }
  return { ok: true, packet }
}

type Header = Omit<DhcpPacket, 'messageType' | 'serverName' | 'bootFile' | 'options'>

/** The fixed fields, or the reason why they are not ours to read. */
function decodeHeader(message: Uint8Array): Header | string {
  const [op = 0, hardwareType = 0, hardwareLength = 0, hops = 0] = message
  const operation = operations[op]
  if (operation === undefined) return `operation ${op}`
  if (hardwareType !== ethernet.hardwareType) return `hardware type ${hardwareType}`
  if (hardwareLength !== ethernet.addressBytes) return `hardware address of ${hardwareLength} bytes`
  const hardwareAddress = message.subarray(28, 44)
  if (((hardwareAddress[0] ?? 0) & 1) !== 0) return 'the hardware address is a group'
  const numbers = new ByteReader(message, 4)
  const addressAt = (offset: number) => ipv4FromBytes(message.subarray(offset, offset + 4))
  return {
    operation,
    hops,
    transactionId: numbers.uint32() ?? 0,
    seconds: numbers.uint16() ?? 0,
    flags: numbers.uint16() ?? 0,
    clientAddress: addressAt(12),
    yourAddress: addressAt(16),
    nextServerAddress: addressAt(20),
    relayAddress: addressAt(24),
    hardwareAddress,
  }
}

function fieldBytes(
  message: Uint8Array,
  { offset, sizeBytes }: { readonly offset: number; readonly sizeBytes: number },
): Uint8Array {
  return message.subarray(offset, offset + sizeBytes)
}

function untilNul(field: Uint8Array, isOverloaded: boolean): Uint8Array {
  if (isOverloaded) return new Uint8Array(0)
  const end = field.indexOf(0)
  return end === -1 ? field : field.subarray(0, end)
}
