import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../../src/base/byte-size.ts'
import { readVhdxMetadata } from '../../../../src/protocol/vhdx/vhdx-metadata.ts'
import { readDiskVector } from '../../../vectors/disk-formats/read-disk-vector.ts'

const vhdx = readDiskVector('vhdx')
const regionTable = 192 * 1024
const metadata = 3 * MEBIBYTE

const reading = (bytes: Uint8Array) =>
  readVhdxMetadata(async (offset, length) => bytes.subarray(offset, offset + length))
const changed = (places: readonly (readonly [offset: number, value: number])[]) => {
  const bytes = Uint8Array.from(vhdx)
  for (const [offset, value] of places) bytes[offset] = value
  return bytes
}
/** Where the item of the metadata table lies whose offset stands at `entry`. */
const itemAt = (index: number) => {
  const entry = metadata + 32 + index * 32
  return metadata + new DataView(vhdx.buffer).getUint32(entry + 16, true)
}

describe(readVhdxMetadata, () => {
  it.each([
    ['another format', changed([[0, 0]]), 'is no VHDX file'],
    ['no regions', changed([[regionTable, 0]]), 'has no region table'],
    ['no metadata', changed([[metadata, 0]]), 'has no metadata table'],
    ['a parent', changed([[itemAt(0) + 4, 2]]), 'names a parent file'],
    ['a file that is cut off', vhdx.subarray(0, metadata), 'has no metadata table'],
    ['a size of nothing', changed([[itemAt(1) + 2, 0]]), 'says it holds 0 bytes'],
    ['2^62 bytes', changed([[itemAt(1) + 7, 0x40]]), expect.stringMatching(/^says it holds/)],
    ['nothing', new Uint8Array(0), 'is no VHDX file'],
  ])('I01 refuses %s', async (_name, bytes, reason: unknown) => {
    expect(await reading(bytes)).toEqual({ ok: false, reason })
  })

  it('reads the disk that qemu-img makes', async () => {
    expect(await reading(vhdx)).toEqual({ ok: true, virtualBytes: 8 * MEBIBYTE })
  })

  it('gives for any bytes a size or a reason', async () => {
    const place = fc.oneof(
      fc.integer({ min: regionTable, max: regionTable + 128 }),
      fc.integer({ min: metadata, max: metadata + 256 }),
      fc.integer({ min: itemAt(0), max: itemAt(0) + 64 }),
    )
    const changes = fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(changes, async (places) => {
        const outcome = await reading(changed(places))
        if (outcome.ok) expect(outcome.virtualBytes).toBeGreaterThan(0)
        else expect(outcome.reason).not.toBe('')
      }),
    )
  })
})
