import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { asciiBytes } from '../../../../src/base/ascii.ts'
import { ipv4FromNumber } from '../../../../src/base/ipv4-address.ts'
import { decodePacket } from '../../../../src/protocol/dhcpv4/decode-packet.ts'
import type { DhcpPacket } from '../../../../src/protocol/dhcpv4/dhcp-packet.ts'
import { encodePacket } from '../../../../src/protocol/dhcpv4/encode-packet.ts'
import { messageLimit } from '../../../../src/protocol/dhcpv4/message-limit.ts'
import { dhcpRequest } from '../../../fakes/dhcp-request.ts'

/** Codes in the order of the wire. */
function codesOf(bytes: Uint8Array): number[] {
  const codes: number[] = []
  for (let offset = 240; bytes[offset] !== 255; offset += 2 + (bytes[offset + 1] ?? 0)) {
    codes.push(bytes[offset] ?? 0)
  }
  return codes
}

const filled = (sizeBytes: number) => new Uint8Array(sizeBytes).fill(65)
const bootCritical = [1, 3, 43, 51, 54, 60, 66, 67]

describe(encodePacket, () => {
  test.each([
    ['0', 0, 548],
    ['300', 300, 548],
    ['576', 576, 548],
    ['1472', 1472, 1444],
    ['65535', 65_535, 1472],
    ['nothing', undefined, 548],
  ])(
    'D12 C-D09 with option 57 of %s no reply is longer than allowed',
    (_title, size, mostBytes) => {
      const options = Array.from(
        { length: 60 },
        (_unused, index) => [index + 100, filled(60)] as const,
      )
      const critical = bootCritical.map((code) => [code, filled(20)] as const)
      const bytes = encodePacket(
        dhcpRequest({ options: [...options, ...critical] }),
        messageLimit(size),
      )
      expect(bytes.length).toBeLessThanOrEqual(mostBytes)
      expect(bytes.length).toBeGreaterThan(mostBytes - 62)
      expect(codesOf(bytes)).toEqual(expect.arrayContaining([53, ...bootCritical]))
    },
  )

  test('D12 leaves out the least needed first', () => {
    const options = [28, 15, 12, 6, 3].map((code) => [code, filled(120)] as const)
    const bytes = encodePacket(dhcpRequest({ options }))
    expect(codesOf(bytes)).toEqual([53, 52, 3, 6])
    const decoding = decodePacket(bytes)
    const read = decoding.ok ? [...decoding.packet.options.keys()] : []
    // One more found room in the overloaded `file`; the two behind it nowhere.
    expect([3, 6, 12, 15, 28].map((code) => read.includes(code))).toEqual([
      ...[true, true, true],
      ...[false, false],
    ])
  })

  test('C-D11 leaves out what would need fragments', () => {
    expect(codesOf(encodePacket(dhcpRequest({ options: [[61, filled(256)]] }), 1472))).toEqual([53])
  })

  test('C-D05 the type is first, then 54 and 51, then numbers, and 82 is last', () => {
    const options = [175, 82, 97, 1, 51, 54, 67].map((code) => [code, [1]] as const)
    expect(codesOf(encodePacket(dhcpRequest({ options })))).toEqual([
      53, 54, 51, 1, 67, 97, 175, 82,
    ])
  })

  test('C-D12 option 67 ends with a NUL, once', () => {
    const reread = (name: Uint8Array) => {
      const decoding = decodePacket(encodePacket(dhcpRequest({ options: [[67, name]] })))
      return decoding.ok ? decoding.packet.options.get(67) : undefined
    }
    expect(reread(asciiBytes('a.efi'))).toEqual(asciiBytes('a.efi\0'))
    expect(reread(asciiBytes('a.efi\0'))).toEqual(asciiBytes('a.efi\0'))
  })

  test('C-D01 is 300 bytes at least', () => {
    expect(encodePacket(dhcpRequest())).toHaveLength(300)
  })

  test('leaves a header field empty that its text does not fit', () => {
    const bytes = encodePacket(dhcpRequest({ bootFile: filled(128), serverName: filled(63) }))
    expect(bytes.subarray(108, 236)).toEqual(new Uint8Array(128))
    expect(bytes.subarray(44, 108)).toEqual(Uint8Array.from([...filled(63), 0]))
  })

  test('what is written is what is read', () => {
    const address = fc.nat(0xffff_ffff).map(ipv4FromNumber)
    const optionCode = fc
      .integer({ min: 1, max: 254 })
      .filter((code) => ![52, 53, 67].includes(code))
    const option = fc.tuple(optionCode, fc.uint8Array({ minLength: 1, maxLength: 20 }))
    const text = fc.uint8Array({ min: 1, maxLength: 63 })
    const packet: fc.Arbitrary<DhcpPacket> = fc.record({
      operation: fc.constantFrom('request', 'reply'),
      messageType: fc.constantFrom(
        'discover',
        'offer',
        'request',
        'decline',
        'ack',
        'nak',
        'inform',
      ),
      hops: fc.nat(255),
      transactionId: fc.nat(0xffff_ffff),
      seconds: fc.nat(0xffff),
      flags: fc.nat(0xffff),
      clientAddress: address,
      yourAddress: address,
      nextServerAddress: address,
      relayAddress: address,
      hardwareAddress: fc.constant(dhcpRequest().hardwareAddress),
      serverName: text,
      bootFile: text,
      options: fc.array(option, { maxLength: 10 }).map((entries) => new Map(entries)),
    })
    fc.assert(
      fc.property(packet, (written) => {
        expect(decodePacket(encodePacket(written))).toEqual({ ok: true, packet: written })
      }),
    )
  })
})
