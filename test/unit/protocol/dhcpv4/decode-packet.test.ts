import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { latin1Text } from '../../../../src/base/ascii.ts'
import { decodePacket } from '../../../../src/protocol/dhcpv4/decode-packet.ts'
import type { DhcpPacket } from '../../../../src/protocol/dhcpv4/dhcp-packet.ts'
import { encodePacket } from '../../../../src/protocol/dhcpv4/encode-packet.ts'
import { dhcpRequest } from '../../../fakes/dhcp-request.ts'
import { readPacketVector } from '../../../vectors/dhcp/read-packet-vector.ts'

const header = encodePacket(dhcpRequest()).subarray(0, 240)
const discover = [53, 1, 1]

const withOptions = (options: Iterable<number>) => Uint8Array.from([...header, ...options])

function decoded(bytes: Uint8Array): DhcpPacket {
  const decoding = decodePacket(bytes)
  if (!decoding.ok) throw new Error(decoding.reason)
  return decoding.packet
}

function refusal(bytes: Uint8Array): string {
  const decoding = decodePacket(bytes)
  return decoding.ok ? 'no refusal' : decoding.reason
}

describe(decodePacket, () => {
  test('D01 any bytes give a packet or a reason, never a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(typeof decodePacket(bytes).ok).toBe('boolean')
      }),
    )
  })

  test('D01 a sound header with any bytes as options gives a packet or a reason', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (options) => {
        expect(typeof decodePacket(withOptions(options)).ok).toBe('boolean')
      }),
    )
  })

  test('D01 a captured packet with any bytes changed gives a packet or a reason', () => {
    const captured = readPacketVector('bios-ipxe-discover')
    const change = fc.tuple(fc.nat(captured.length - 1), fc.nat(255))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const bytes = captured.slice()
        for (const [offset, value] of changes) bytes[offset] = value
        expect(typeof decodePacket(bytes).ok).toBe('boolean')
      }),
    )
  })

  test('D02 a DISCOVER cut at any length is a reason below 240 bytes and never reads past its end', () => {
    const captured = readPacketVector('bios-ipxe-discover')
    for (let length = 0; length < captured.length; length++) {
      // The bytes behind the cut are there, as in a receive buffer that was used before.
      const decoding = decodePacket(captured.subarray(0, length))
      if (length <= 242) expect(decoding.ok).toBe(false)
      if (decoding.ok) expect(decoding.packet.options.size).toBeLessThan(captured[length] ?? 256)
    }
  })

  test.each([
    ['an option that runs past the end', [...discover, 12, 200, 65], 'option 12 is longer'],
    ['an option without a length', [...discover, 12], 'option 12 has no length'],
    ['PADs alone', Array.from({ length: 60 }, () => 0), 'no known message type'],
    ['END at once', [255, ...discover], 'no known message type'],
    ['a type of two bytes', [53, 2, 1, 1, 255], 'no known message type'],
    ['a type nobody defined', [53, 1, 99, 255], 'no known message type'],
    ['D04 an empty type', [53, 0, 255], 'no known message type'],
    ['D32 BOOTP without a type', [255], 'no known message type'],
  ])('D03 C-D01 refuses %s', (_title, options, reason) => {
    expect(refusal(withOptions(options))).toContain(reason)
  })

  test('D03 64 kB of PAD are refused', () => {
    expect(refusal(withOptions(new Uint8Array(65_000)))).toBe('no known message type')
  })

  test('D03 a missing END and PADs between options do no harm', () => {
    const packet = decoded(withOptions([0, 0, ...discover, 0, 12, 2, 104, 105, 0]))
    expect(packet.messageType).toBe('discover')
    expect(latin1Text(packet.options.get(12) ?? new Uint8Array(0))).toBe('hi')
  })

  test.each([12, 43, 60, 61, 77, 81, 82, 93, 97])('D04 an empty option %i is absent', (code) => {
    const packet = decoded(withOptions([...discover, code, 0, 255]))
    expect(packet.options.has(code)).toBe(false)
  })

  test.each([
    ['hlen 0', 2, 0],
    ['hlen 1', 2, 1],
    ['hlen 17', 2, 17],
    ['hlen 255', 2, 255],
    ['htype 0', 1, 0],
    ['htype 6', 1, 6],
    ['htype 32', 1, 32],
    ['op 0', 0, 0],
    ['op 3', 0, 3],
    ['a multicast chaddr', 28, 1],
    ['a wrong cookie', 236, 0],
  ])('D05 refuses %s', (_title, offset, value) => {
    const bytes = withOptions([...discover, 255])
    bytes[offset] = value
    expect(decodePacket(bytes).ok).toBe(false)
  })

  test.each([
    [1, 'file'],
    [2, 'sname'],
    [3, 'both'],
  ])('D10 C-D10 reads overload %i from %s, once', (overload) => {
    const bytes = withOptions([...discover, 52, 1, overload, 255])
    // In each field: another overload, a host name, no END.
    bytes.set([52, 1, 3, 12, 1, 70], 108)
    bytes.set([52, 1, 3, 12, 1, 83], 44)
    const { options, bootFile, serverName } = decoded(bytes)
    const expected = ['', 'F', 'S', 'FS'][overload]
    expect(latin1Text(options.get(12) ?? new Uint8Array(0))).toBe(expected)
    expect(bootFile.length === 0).toBe((overload & 1) !== 0)
    expect(serverName.length === 0).toBe((overload & 2) !== 0)
  })

  test.each([
    ['255', [52, 1, 255]],
    ['two bytes', [52, 2, 1, 1]],
    ['two options', [52, 1, 1, 52, 1, 2]],
  ])('D10 an overload of %s means nothing', (_title, overload) => {
    const bytes = withOptions([...discover, ...overload, 255])
    bytes.set([12, 1, 70], 108)
    expect(decoded(bytes).options.size).toBe(0)
    expect(decoded(bytes).bootFile).toHaveLength(3)
  })

  test('D10 an option cut off in an overloaded field is a reason', () => {
    const bytes = withOptions([...discover, 52, 1, 1, 255])
    bytes.set([12, 200], 108)
    expect(refusal(bytes)).toBe('option 12 is longer than its area')
  })

  test.each([43, 61, 82])('D11 C-D11 joins 40 fragments of option %i', (code) => {
    const fragments = Array.from({ length: 40 }, (_unused, index) => [code, 2, index, 7]).flat()
    const value = decoded(withOptions([...discover, ...fragments, 255])).options.get(code)
    expect([...(value ?? [])]).toEqual(Array.from({ length: 40 }, (_unused, i) => [i, 7]).flat())
  })

  test('D11 more than 4 kB of options are refused', () => {
    const fragment = [43, 255, ...new Uint8Array(255)]
    const fragments = Array.from({ length: 17 }, () => fragment).flat()
    expect(refusal(withOptions([...discover, ...fragments]))).toBe(
      'more than 4096 bytes of options',
    )
  })

  test.each([
    ['bios-ipxe-discover', [57, 93, 94, 60, 77, 55, 175, 61, 97], 0x0000],
    ['uefi-ipxe-discover', [57, 93, 94, 60, 77, 55, 175, 61, 97], 0x0000],
    ['edk2-native-discover', [57, 55, 97, 94, 93, 60], 0x8000],
  ])('reads the captured %s', (name, codes, flags) => {
    const packet = decoded(readPacketVector(name))
    expect(packet).toMatchObject({
      operation: 'request',
      messageType: 'discover',
      transactionId: 0xa1b2_c3d4,
      seconds: 4,
      flags,
      clientAddress: '0.0.0.0',
    })
    expect([...packet.options.keys()]).toEqual(codes)
  })

  test('keeps nothing of the receive buffer', () => {
    const bytes = withOptions([...discover, 12, 2, 104, 105, 255])
    const packet = decoded(bytes)
    bytes.fill(0)
    expect(latin1Text(packet.options.get(12) ?? new Uint8Array(0))).toBe('hi')
  })
})
