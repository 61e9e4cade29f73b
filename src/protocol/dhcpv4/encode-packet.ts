import { type Ipv4Address, ipv4ToNumber, unspecifiedIpv4 } from '../../base/ipv4-address.ts'
import { messageTypeNumber } from './dhcp-message-type.ts'
import { dhcpOptionCode } from './dhcp-option-code.ts'
import { type DhcpPacket, headerBytes, magicCookie, textFields } from './dhcp-packet.ts'
import { fitOptions, type WireOption } from './fit-options.ts'
import { leastMessageBytes } from './message-limit.ts'

/** Some clients drop shorter replies, as BOOTP had 64 bytes of vendor area (RFC 1542 §2.1). */
const paddedBytes = 300

const endBytes = 1

/**
 * Writes a message: 53, 54 and 51 first, then by number, 82 last, END, zeros up to 300 bytes. What does
 * not fit goes into `file` and `sname` when they are empty (option 52); what fits nowhere is left out,
 * the least needed first.
 *
 * Option 67 gets the NUL that EDK2 writes past it otherwise. A text that does not fit its header field
 * leaves that field empty.
 *
 * @param maximumBytes of UDP payload, see messageLimit
 */
export function encodePacket(packet: DhcpPacket, maximumBytes = leastMessageBytes): Uint8Array {
  const { bootFile, serverName } = textFields
  const layout = fitOptions(wireOptions(packet), {
    options: maximumBytes - headerBytes - endBytes,
    bootFile: packet.bootFile.length === 0 ? bootFile.sizeBytes - endBytes : 0,
    serverName: packet.serverName.length === 0 ? serverName.sizeBytes - endBytes : 0,
  })
  let sizeBytes = headerBytes + endBytes
  for (const { value } of layout.options) sizeBytes += 2 + value.length
  const message = new Uint8Array(Math.max(paddedBytes, sizeBytes))
  writeHeader(message, packet)
  writeOptions(message, headerBytes, layout.options)
  if (layout.bootFile.length > 0) writeOptions(message, bootFile.offset, layout.bootFile)
  if (layout.serverName.length > 0) writeOptions(message, serverName.offset, layout.serverName)
  return message
}

function wireOptions({ messageType, options }: DhcpPacket): WireOption[] {
  const type = Uint8Array.of(messageTypeNumber(messageType))
  const all: WireOption[] = [{ code: dhcpOptionCode.messageType, value: type }]
  for (const [code, value] of options) {
    if (code === dhcpOptionCode.messageType) continue
    const isBootFileName = code === dhcpOptionCode.bootFileName
    all.push({ code, value: isBootFileName ? nulTerminated(value) : value })
  }
  return all
}

function writeHeader(message: Uint8Array, packet: DhcpPacket): void {
  const ethernet = { type: 1, addressBytes: 6 } as const
  message[0] = packet.operation === 'request' ? 1 : 2
  message[1] = ethernet.type
  message[2] = ethernet.addressBytes
  message[3] = packet.hops
  writeUint32(message, 4, packet.transactionId)
  writeUint32(message, 8, packet.seconds * 0x1_0000 + packet.flags)
  writeAddress(message, 12, packet.clientAddress)
  writeAddress(message, 16, packet.yourAddress)
  writeAddress(message, 20, packet.nextServerAddress)
  writeAddress(message, 24, packet.relayAddress)
  const { hardwareAddress } = packet
  message.set(hardwareAddress.length > 16 ? hardwareAddress.subarray(0, 16) : hardwareAddress, 28)
  writeText(message, textFields.serverName, packet.serverName)
  writeText(message, textFields.bootFile, packet.bootFile)
  writeUint32(message, 236, magicCookie)
}

function writeOptions(message: Uint8Array, start: number, options: readonly WireOption[]): void {
  let offset = start
  for (const { code, value } of options) {
    message[offset] = code
    message[offset + 1] = value.length
    message.set(value, offset + 2)
    offset += 2 + value.length
  }
  message[offset] = dhcpOptionCode.end
}

function writeUint32(message: Uint8Array, offset: number, value: number): void {
  message[offset] = value >>> 24
  message[offset + 1] = value >>> 16
  message[offset + 2] = value >>> 8
  message[offset + 3] = value
}

function writeAddress(message: Uint8Array, offset: number, address: Ipv4Address): void {
  if (address !== unspecifiedIpv4) writeUint32(message, offset, ipv4ToNumber(address))
}

/** Empty instead of cut: half a file name is the name of another file. */
function writeText(
  message: Uint8Array,
  field: { readonly offset: number; readonly sizeBytes: number },
  text: Uint8Array,
): void {
  if (text.length > 0 && text.length < field.sizeBytes) message.set(text, field.offset)
}

function nulTerminated(text: Uint8Array): Uint8Array {
  if (text.at(-1) === 0) return text
  const terminated = new Uint8Array(text.length + 1)
  terminated.set(text)
  return terminated
}
