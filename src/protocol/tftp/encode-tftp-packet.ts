import { asciiBytes } from '../../base/ascii.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import {
  type TftpAcknowledgement,
  type TftpData,
  type TftpError,
  type TftpOptionAcknowledgement,
  type TftpOptions,
  type TftpPacket,
  type TftpRequest,
  tftpDataHeaderBytes,
  tftpOpcode,
} from './tftp-packet.ts'

/** Longest text of an ERROR packet, without its NUL. */
const longestErrorText = 255

/** @throws {RangeError} when a name or an option is not one character a byte, or holds a NUL */
export function encodeTftpPacket(packet: TftpPacket): Uint8Array {
  switch (packet.kind) {
    case 'read-request':
    case 'write-request':
      return encodeRequest(packet)
    case 'data':
      return encodeData(packet)
    case 'acknowledgement':
      return encodeAcknowledgement(packet)
    case 'error':
      return encodeError(packet)
    case 'option-acknowledgement':
      break
  }
  return encodeOptionAcknowledgement(packet)
}

function encodeRequest(packet: TftpRequest): Uint8Array {
  const opcode = packet.kind === 'read-request' ? tftpOpcode.readRequest : tftpOpcode.writeRequest
  const writer = new ByteWriter().uint16(opcode)
  writeString(writer, packet.fileName)
  writeString(writer, packet.mode)
  return writeOptions(writer, packet.options).finish()
}

function encodeData(packet: TftpData): Uint8Array {
  const bytes = new Uint8Array(tftpDataHeaderBytes + packet.bytes.length)
  writeTftpDataHeader(bytes, 0, packet.block)
  bytes.set(packet.bytes, tftpDataHeaderBytes)
  return bytes
}

/** Writes what stands before the bytes of a block; of `block` the lower 16 bits count. */
export function writeTftpDataHeader(into: Uint8Array, at: number, block: number): void {
  into[at] = 0
  into[at + 1] = tftpOpcode.data
  into[at + 2] = block >>> 8
  into[at + 3] = block
}

function encodeAcknowledgement(packet: TftpAcknowledgement): Uint8Array {
  return new ByteWriter(4).uint16(tftpOpcode.acknowledgement).uint16(packet.block).finish()
}

/** The text is cut to 255 printable characters and always ends with its NUL. */
function encodeError(packet: TftpError): Uint8Array {
  const text = packet.message.slice(0, longestErrorText).replaceAll(/[^\x20-\x7e]/g, '?')
  return new ByteWriter()
    .uint16(tftpOpcode.error)
    .uint16(packet.errorCode)
    .bytes(asciiBytes(text))
    .uint8(0)
    .finish()
}

function encodeOptionAcknowledgement(packet: TftpOptionAcknowledgement): Uint8Array {
  const writer = new ByteWriter().uint16(tftpOpcode.optionAcknowledgement)
  return writeOptions(writer, packet.options).finish()
}

function writeOptions(writer: ByteWriter, options: TftpOptions): ByteWriter {
  for (const [name, value] of options) {
    writeString(writer, name)
    writeString(writer, value)
  }
  return writer
}

function writeString(writer: ByteWriter, text: string): void {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0 || code > 0xff) throw new RangeError(`character ${code} in a TFTP string`)
    writer.uint8(code)
  }
  writer.uint8(0)
}
