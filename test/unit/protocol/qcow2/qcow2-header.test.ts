import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { asciiBytes } from '../../../../src/base/ascii.ts'
import { MEBIBYTE } from '../../../../src/base/byte-size.ts'
import { readQcow2Header } from '../../../../src/protocol/qcow2/qcow2-header.ts'
import {
  qcow2Vectors,
  readDiskVector,
  refusedQcow2Vectors,
} from '../../../vectors/disk-formats/read-disk-vector.ts'

const fileBytes = 262_144
const version3 = readDiskVector('qcow2-version-3')

/** A good header with big-endian 32-bit words changed. */
function changed(words: Readonly<Record<number, number>>, from = version3): Uint8Array {
  const bytes = Uint8Array.from(from)
  const view = new DataView(bytes.buffer)
  for (const [offset, value] of Object.entries(words)) view.setUint32(Number(offset), value)
  return bytes
}

describe(readQcow2Header, () => {
  it.each([
    ['qcow2-backing-file', 'names a backing file'],
    ['qcow2-data-file', 'keeps its data in another file'],
    ['qcow2-encrypted', 'is encrypted'],
    ['qcow2-extended-entries', 'has extended L2 entries'],
  ])('I01 refuses the %s that qemu-img makes', (name, reason) => {
    expect(readQcow2Header(readDiskVector(name), fileBytes)).toEqual({ ok: false, reason })
  })

  it.each([
    ['no magic', changed({ 0: 0x514d_49fb }), 'is no qcow2 file'],
    ['version 1', changed({ 4: 1 }), 'has version 1'],
    ['version 4', changed({ 4: 4 }), 'has version 4'],
    ['a backing file without a length', changed({ 12: 104 }), 'names a backing file'],
    ['the length of a backing file', changed({ 16: 11 }), 'names a backing file'],
    ['AES', changed({ 32: 1 }), 'is encrypted'],
    ['a dirty bit', changed({ 76: 1 }), 'was not closed cleanly'],
    ['a corrupt bit', changed({ 76: 2 }), 'is marked as corrupt'],
    ['a feature of the future', changed({ 76: 1 << 30 }), 'uses a feature that is not known here'],
    ['a high feature bit', changed({ 72: 1 }), 'uses a feature that is not known here'],
    ['a header that is too short', changed({ 100: 96 }), 'has a header of 96 bytes'],
    ['a header that never ends', changed({ 100: 0xffff_fff8 }), /^has a header of \d+ bytes$/],
    [
      'a method that is not known',
      changed({ 76: 8, 104: 0x0200_0000 }),
      'is compressed with method 2',
    ],
    ['zstd without its bit', changed({ 104: 0x0100_0000 }), /contradicts itself/],
    ['its bit without zstd', changed({ 76: 8 }), /contradicts itself/],
    ['clusters of 256 bytes', changed({ 20: 8 }), 'has clusters of 2^8 bytes'],
    ['clusters of 4 MiB', changed({ 20: 22 }), 'has clusters of 2^22 bytes'],
    ['clusters of 2^4294967295', changed({ 20: 0xffff_ffff }), /has clusters of/],
    ['2^62 bytes', changed({ 24: 0x4000_0000 }), /^says it holds/],
    ['more than its tables can say', changed({ 24: 0x10_0000 }), /^has 1 L1 entries/],
    ['no bytes', changed({ 28: 0 }), 'says it holds 0 bytes'],
    ['half a sector', changed({ 28: 8 * MEBIBYTE + 256 }), /^says it holds/],
    ['too few L1 entries', changed({ 36: 0 }), /^has 0 L1 entries/],
    ['its tables in the header', changed({ 44: 0 }), 'has its L1 table outside the file'],
    ['its tables behind the end', changed({ 44: fileBytes }), 'has its L1 table outside the file'],
    ['its tables at 2^63', changed({ 40: 0x8000_0000 }), 'has its L1 table outside the file'],
    ['its tables within a cluster', changed({ 44: 0x3_0200 }), 'has its L1 table outside the file'],
    [
      'an extension of the future',
      changed({ 112: 0x1234_5678 }),
      /unknown header extension 0x12345678/,
    ],
    ['the name of a data file', changed({ 112: 0x4441_5441 }), 'keeps its data in another file'],
    ['the format of a backing file', changed({ 112: 0xe279_2aca }), /backing file/],
    ['nothing', new Uint8Array(0), 'is no qcow2 file'],
    ['a header that is cut off', version3.subarray(0, 103), 'is no qcow2 file'],
  ])('I01 refuses %s', (_name, bytes, reason) => {
    const expected: unknown = typeof reason === 'string' ? reason : expect.stringMatching(reason)
    expect(readQcow2Header(bytes, fileBytes)).toEqual({ ok: false, reason: expected })
  })

  it('I01 refuses extensions that lead behind the header', () => {
    const bytes = Uint8Array.from(version3)
    // A bitmap extension as long as everything that is read.
    bytes.set([0x23, 0x85, 0x28, 0x75, 0, 0, 0x10, 0], 112)
    expect(readQcow2Header(bytes, fileBytes)).toMatchObject({ ok: false })
  })

  it('I01 refuses every text where the name of a backing file may stand', () => {
    for (const name of ['/etc/shadow', 'json:{"driver":"nbd"}', 'nbd://10.0.0.1/x']) {
      const bytes = changed({ 12: 512, 16: name.length })
      bytes.set(asciiBytes(name), 512)
      expect(readQcow2Header(bytes, fileBytes)).toMatchObject({ ok: false })
    }
  })

  it.each([
    ['qcow2-version-2', 2, 'zlib'],
    ['qcow2-version-3', 3, 'zlib'],
    ['qcow2-zstd', 3, 'zstd'],
  ])('reads the %s that qemu-img makes', (name, version, compression) => {
    expect(readQcow2Header(readDiskVector(name), fileBytes)).toEqual({
      ok: true,
      header: {
        version,
        compression,
        clusterBits: 16,
        virtualBytes: 8 * MEBIBYTE,
        l1Offset: 0x3_0000,
        l1Entries: 1,
      },
    })
  })

  it('gives for any bytes a header within its bounds, or a reason', () => {
    const seeds = [...qcow2Vectors, ...refusedQcow2Vectors].map((name) => readDiskVector(name))
    const places = fc.array(fc.tuple(fc.nat(511), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(fc.constantFrom(...seeds), places, fc.nat(4096), (seed, changes, length) => {
        const bytes = Uint8Array.from(seed)
        for (const [offset, value] of changes) bytes[offset] = value
        const reading = readQcow2Header(bytes.subarray(0, length), fileBytes)
        if (!reading.ok) {
          expect(reading.reason).not.toBe('')
          return
        }
        const { l1Offset, l1Entries, virtualBytes } = reading.header
        expect(l1Offset + l1Entries * 8).toBeLessThanOrEqual(fileBytes)
        expect(virtualBytes % 512).toBe(0)
      }),
    )
  })
})
