import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { latin1Text } from '../../../../src/base/ascii.ts'
import { decodeTftpPacket } from '../../../../src/protocol/tftp/decode-tftp-packet.ts'
import { encodeTftpPacket } from '../../../../src/protocol/tftp/encode-tftp-packet.ts'

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

function readRequest(text: string) {
  const decoding = decodeTftpPacket(bytesOf(`\0\x01${text}`))
  if (!decoding.ok || decoding.packet.kind !== 'read-request') throw new Error('no request')
  return decoding.packet
}

describe(decodeTftpPacket, () => {
  test('T01 any bytes give a packet or a reason, never a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const decoding = decodeTftpPacket(bytes)
        expect(typeof decoding.ok).toBe('boolean')
      }),
    )
  })

  test('T01 every known opcode with any body gives a packet or a reason', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), fc.uint8Array(), (opcode, body) => {
        expect(() => decodeTftpPacket(Uint8Array.of(0, opcode, ...body))).not.toThrow()
      }),
    )
  })

  test.each([
    ['nothing at all', ''],
    ['one byte', '\0'],
    ['opcode 0', '\0\0file\0octet\0'],
    ['opcode 7', '\0\x07file\0octet\0'],
    ['T03 a request without any NUL', '\0\x01undionly.kpxe'],
    ['T03 a request whose mode lacks its NUL', '\0\x01undionly.kpxe\0octet'],
    ['an ACK with half a block number', '\0\x04\0'],
    ['DATA without a block number', '\0\x03'],
    ['ERROR with half a code', '\0\x05\x01'],
  ])('refuses %s', (_title, text) => {
    expect(decodeTftpPacket(bytesOf(text)).ok).toBe(false)
  })

  test('T03 an odd number of option strings loses only the last', () => {
    const request = readRequest('a\0octet\0blksize\x001432\0tsize\0')
    expect([...request.options]).toEqual([['blksize', '1432']])
  })

  test('T03 of duplicate options the first counts', () => {
    const request = readRequest('a\0octet\0blksize\x001432\0BLKSIZE\x008\0')
    expect([...request.options]).toEqual([['blksize', '1432']])
  })

  test('option names and mode are read without regard to case', () => {
    const request = readRequest('A\0OcTeT\0TSize\x000\0')
    expect(request.mode).toBe('octet')
    expect(request.fileName).toBe('A')
    expect(request.options.get('tsize')).toBe('0')
  })

  test('T02 hostile names arrive byte for byte', () => {
    expect(readRequest('../../\xc0\xaf\0octet\0').fileName).toBe('../../\xc0\xaf')
  })

  test('an ERROR text without NUL is read to its end, made printable', () => {
    const decoding = decodeTftpPacket(bytesOf('\0\x05\0\x08User \x1b[2Jaborted'))
    expect(decoding).toEqual({
      ok: true,
      packet: { kind: 'error', errorCode: 8, message: 'User ?[2Jaborted' },
    })
  })
})

const block = fc.integer({ min: 0, max: 65_535 })
const name = fc
  .uint8Array({ maxLength: 40 })
  .map((bytes) => latin1Text(bytes.filter((byte) => byte !== 0)))
const options = fc
  .array(fc.tuple(fc.stringMatching(/^[a-z]{1,10}$/), name), { maxLength: 5 })
  .map((pairs) => new Map(pairs))
const packets = fc.oneof(
  fc.record({
    kind: fc.constantFrom('read-request' as const, 'write-request' as const),
    fileName: name,
    mode: fc.constantFrom('octet', 'netascii', 'mail'),
    options,
  }),
  fc.record({ kind: fc.constant('data' as const), block, bytes: fc.uint8Array() }),
  fc.record({ kind: fc.constant('acknowledgement' as const), block }),
  fc.record({
    kind: fc.constant('error' as const),
    errorCode: block,
    message: fc.stringMatching(/^[\x20-\x7e]{0,255}$/),
  }),
  fc.record({ kind: fc.constant('option-acknowledgement' as const), options }),
)

describe(encodeTftpPacket, () => {
  test('what it writes is what decodeTftpPacket reads', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        expect(decodeTftpPacket(encodeTftpPacket(packet))).toEqual({ ok: true, packet })
      }),
    )
  })

  test('C-T13 an ERROR text is cut and still ends with its NUL', () => {
    const bytes = encodeTftpPacket({ kind: 'error', errorCode: 1, message: 'é'.repeat(999) })
    expect(bytes.length).toBe(4 + 255 + 1)
    expect(bytes.at(-1)).toBe(0)
    expect(bytes[4]).toBe('?'.charCodeAt(0))
  })

  test('refuses a NUL inside a string', () => {
    const packet = {
      kind: 'read-request',
      fileName: 'a\0b',
      mode: 'octet',
      options: new Map(),
    } as const
    expect(() => encodeTftpPacket(packet)).toThrow(RangeError)
  })
})
