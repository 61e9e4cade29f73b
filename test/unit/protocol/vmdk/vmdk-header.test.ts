import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { asciiBytes, latin1Text } from '../../../../src/base/ascii.ts'
import { MEBIBYTE } from '../../../../src/base/byte-size.ts'
import { readVmdkHeader } from '../../../../src/protocol/vmdk/vmdk-header.ts'
import { readDiskVector } from '../../../vectors/disk-formats/read-disk-vector.ts'

const sparse = readDiskVector('vmdk-sparse')
const sector = 512

/** A good file with its descriptor's text changed. */
function described(change: (text: string) => string): Uint8Array {
  const bytes = Uint8Array.from(sparse)
  const end = bytes.indexOf(0, sector)
  const text = change(latin1Text(bytes.subarray(sector, end)))
  bytes.fill(0, sector, end)
  bytes.set(asciiBytes(text), sector)
  return bytes
}
const word = (offset: number, value: number) => {
  const bytes = Uint8Array.from(sparse)
  new DataView(bytes.buffer).setUint32(offset, value, true)
  return bytes
}

describe(readVmdkHeader, () => {
  it.each([
    ['the VMDK with a parent that qemu-img makes', readDiskVector('vmdk-parent')],
    ['a parent by its id', described((text) => text.replace(/parentCID=f+/, 'parentCID=12345678'))],
    ['a parent by its name', described((text) => `${text}parentFileNameHint="/etc/shadow"\n`)],
    [
      'a second parent',
      described((text) => text.replace(/(parentCID=f+\n)/, '$1PARENTCID=12345678\n')),
    ],
    [
      'an extent in a folder',
      described((text) => text.replace(/SPARSE "[^"]*"/, 'SPARSE "/etc/shadow"')),
    ],
    ['a flat extent', described((text) => text.replace(/SPARSE ("[^"]*")/, 'FLAT $1 0'))],
    ['a second extent', described((text) => `${text}RW 16384 FLAT "/etc/shadow" 0\n`)],
    ['an extent in small letters', described((text) => `${text}rw 16384 FLAT "/etc/shadow" 0\n`)],
    ['no extent', described((text) => text.replace(/^RW.*$/m, ''))],
    ['another size', described((text) => text.replace(/RW \d+/, 'RW 16385'))],
    ['many files', described((text) => text.replace('monolithicSparse', 'twoGbMaxExtentSparse'))],
    ['two kinds', described((text) => `${text}createType="monolithicFlat"\n`)],
    ['no kind', described((text) => text.replace(/createType.*/, ''))],
    ['a raw device', described((text) => text.replace('monolithicSparse', 'fullDevice'))],
    ['no capacity', word(12, 0)],
    ['no descriptor', word(28, 0)],
    ['a descriptor behind the start', word(28, 0x7fff_ffff)],
    ['a descriptor of 2 TiB', word(36, 0xffff_ffff)],
    ['version 4', word(4, 4)],
    ['another format', word(0, 0)],
    ['nothing', new Uint8Array(0)],
  ])('I01 I02 refuses %s', (_name, bytes) => {
    expect(readVmdkHeader(bytes)).toMatchObject({ ok: false, reason: expect.stringMatching(/./) })
  })

  it.each(['vmdk-sparse', 'vmdk-stream'])('reads the %s that qemu-img makes', (name) => {
    const reading = readVmdkHeader(readDiskVector(name))
    expect(reading).toEqual({ ok: true, virtualBytes: 8 * MEBIBYTE })
  })

  it('gives for any bytes a size or a reason', () => {
    const places = fc.array(fc.tuple(fc.nat(1500), fc.nat(255)), { maxLength: 8 })
    fc.assert(
      fc.property(places, fc.nat(sparse.length), (changes, length) => {
        const bytes = sparse.slice(0, length)
        for (const [offset, value] of changes) if (offset < length) bytes[offset] = value
        const reading = readVmdkHeader(bytes)
        if (reading.ok) expect(reading.virtualBytes).toBeGreaterThan(0)
      }),
    )
  })
})
