import { latin1Text, printableText } from '../../base/ascii.ts'
import { ByteReader } from '../../base/byte-reader.ts'
import { type TftpOptions, type TftpPacket, type TftpRequest, tftpOpcode } from './tftp-packet.ts'

export type TftpDecoding =
  | { readonly ok: true; readonly packet: TftpPacket }
  | { readonly ok: false; readonly reason: string }

const malformed = (reason: string): TftpDecoding => ({ ok: false, reason })

/**
 * Reads any datagram as a TFTP packet, or says why it is none. Views into `bytes` are not copied.
 *
 * Options that are cut off are left out, and of one name the first counts (RFC 2347: "an option may
 * only be specified once"), because a client that gets no answer at all boots nothing.
 */
export function decodeTftpPacket(bytes: Uint8Array): TftpDecoding {
  const reader = new ByteReader(bytes)
  const opcode = reader.uint16()
  switch (opcode) {
    case undefined:
      return malformed('shorter than an opcode')
    case tftpOpcode.readRequest:
      return decodeRequest('read-request', reader)
    case tftpOpcode.writeRequest:
      return decodeRequest('write-request', reader)
    case tftpOpcode.data:
      return decodeData(reader)
    case tftpOpcode.acknowledgement:
      return decodeAcknowledgement(reader)
    case tftpOpcode.error:
      return decodeError(reader)
    case tftpOpcode.optionAcknowledgement:
      return {
        ok: true,
        packet: { kind: 'option-acknowledgement', options: decodeOptions(reader) },
      }
    default:
      return malformed(`unknown opcode ${opcode}`)
  }
}

/**
 * ```
 *  2 bytes   string   1 byte  string  1 byte   string  1 byte   string  1 byte
 * | opcode | filename |  0  |  mode  |  0  |  option  |  0  |  value  |  0  | ...
 * ```
 */
function decodeRequest(kind: TftpRequest['kind'], reader: ByteReader): TftpDecoding {
  const fileName = reader.untilNul()
  if (fileName === undefined) return malformed('file name without a NUL behind it')
  const mode = reader.untilNul()
  if (mode === undefined) return malformed('mode without a NUL behind it')
  const packet: TftpRequest = {
    kind,
    fileName: latin1Text(fileName),
    mode: latin1Text(mode).toLowerCase(),
    options: decodeOptions(reader),
  }
  return { ok: true, packet }
}

function decodeOptions(reader: ByteReader): TftpOptions {
  const options = new Map<string, string>()
  for (;;) {
    const name = reader.untilNul()
    const value = name === undefined ? undefined : reader.untilNul()
    if (name === undefined || value === undefined) return options
    const key = latin1Text(name).toLowerCase()
    if (!options.has(key)) options.set(key, latin1Text(value))
  }
}

function decodeData(reader: ByteReader): TftpDecoding {
  const block = reader.uint16()
  if (block === undefined) return malformed('DATA without a block number')
  return {
    ok: true,
    packet: { kind: 'data', block, bytes: reader.bytes(reader.remaining) ?? new Uint8Array() },
  }
}

function decodeAcknowledgement(reader: ByteReader): TftpDecoding {
  const block = reader.uint16()
  if (block === undefined) return malformed('ACK without a block number')
  return { ok: true, packet: { kind: 'acknowledgement', block } }
}

/** The text may lack its NUL: several clients send none. */
function decodeError(reader: ByteReader): TftpDecoding {
  const errorCode = reader.uint16()
  if (errorCode === undefined) return malformed('ERROR without a code')
  const text = reader.untilNul() ?? reader.bytes(reader.remaining) ?? new Uint8Array()
  return { ok: true, packet: { kind: 'error', errorCode, message: printableText(text) } }
}
