import { ByteWriter } from '../../base/byte-writer.ts'
import { ipv4ToBytes } from '../../base/ipv4-address.ts'
import { messageTypeNumber } from './dhcp-message-type.ts'
import { dhcpOptionCode } from './dhcp-option-code.ts'
import { type DhcpPacket, headerBytes, magicCookie, textFields } from './dhcp-packet.ts'
import { fitOptions } from './fit-options.ts'
import { leastMessageBytes } from './message-limit.ts'

/** Some clients drop shorter replies, as BOOTP had 64 bytes of vendor area (RFC 1542 §2.1). */
const paddedBytes = 300

/**
 * Writes a message: 53, 54 and 51 first, then by number, 82 last, END, zeros up to 300 bytes.
 *
 * Option 67 gets the NUL that EDK2 writes past it otherwise. A text that does not fit its header field
 * leaves that field empty. What `maximumBytes` cannot hold is left out, the least needed first.
 *
 * @param maximumBytes of UDP payload, see messageLimit
 */
export function encodePacket(packet: DhcpPacket, maximumBytes = leastMessageBytes): Uint8Array {
  const writer = new ByteWriter(paddedBytes)
  writeHeader(writer, packet)
  const values = new Map(packet.options)
  values.set(dhcpOptionCode.messageType, Uint8Array.of(messageTypeNumber(packet.messageType)))
  const bootFileName = values.get(dhcpOptionCode.bootFileName)
  if (bootFileName !== undefined) {
    values.set(dhcpOptionCode.bootFileName, nulTerminated(bootFileName))
  }
  const endBytes = 1
  for (const { code, value } of fitOptions(values, maximumBytes - headerBytes - endBytes)) {
    writer.uint8(code).uint8(value.length).bytes(value)
  }
  writer.uint8(dhcpOptionCode.end)
  return writer.zeros(Math.max(0, paddedBytes - writer.length)).finish()
}

function writeHeader(writer: ByteWriter, packet: DhcpPacket): void {
  const ethernetHeader = [1, 6] as const
  writer.uint8(packet.operation === 'request' ? 1 : 2)
  writer.bytes(Uint8Array.from(ethernetHeader)).uint8(packet.hops)
  writer.uint32(packet.transactionId).uint16(packet.seconds).uint16(packet.flags)
  writer.bytes(ipv4ToBytes(packet.clientAddress)).bytes(ipv4ToBytes(packet.yourAddress))
  writer.bytes(ipv4ToBytes(packet.nextServerAddress)).bytes(ipv4ToBytes(packet.relayAddress))
  writeField(writer, packet.hardwareAddress, 16)
  writeField(writer, shorterThan(packet.serverName, textFields.serverName.sizeBytes), 64)
  writeField(writer, shorterThan(packet.bootFile, textFields.bootFile.sizeBytes), 128)
  writer.uint32(magicCookie)
}

function writeField(writer: ByteWriter, bytes: Uint8Array, sizeBytes: number): void {
  const field = bytes.subarray(0, sizeBytes)
  writer.bytes(field).zeros(sizeBytes - field.length)
}

/** Empty instead of cut: half a file name is the name of another file. */
function shorterThan(text: Uint8Array, sizeBytes: number): Uint8Array {
  return text.length < sizeBytes ? text : new Uint8Array(0)
}

function nulTerminated(text: Uint8Array): Uint8Array {
  if (text.at(-1) === 0) return text
  const terminated = new Uint8Array(text.length + 1)
  terminated.set(text)
  return terminated
}
