import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../../src/base/byte-size.ts'
import { isVhdFooter, readVhdFooter } from '../../../../src/protocol/vhd/vhd-footer.ts'
import { readDiskVector } from '../../../vectors/disk-formats/read-disk-vector.ts'

const fixed = readDiskVector('vhd-fixed')

/** A good footer with a word changed and its checksum made anew. */
function changed(offset: number, value: number): Uint8Array {
  const bytes = Uint8Array.from(fixed)
  const view = new DataView(bytes.buffer)
  view.setUint32(offset, value)
  view.setUint32(64, 0)
  view.setUint32(64, 0xffff_ffff - bytes.reduce((sum, byte) => sum + byte, 0))
  return bytes
}

describe(readVhdFooter, () => {
  it.each([
    ['a flipped bit', fixed.with(100, (fixed[100] ?? 0) ^ 1), 'has a footer with a wrong checksum'],
    ['a disk with a parent', changed(60, 4), 'names a parent file'],
    ['a disk of another kind', changed(60, 6), 'is of type 6'],
    ['no bytes', changed(52, 0), 'says it holds 0 bytes'],
    ['half a sector', changed(52, 1000), 'says it holds 1000 bytes'],
    ['2^62 bytes', changed(48, 0x4000_0000), expect.stringMatching(/^says it holds/)],
    ['another format', changed(0, 0), 'has no footer'],
    ['a footer that is cut off', fixed.subarray(0, 511), 'has no footer'],
  ])('I01 refuses %s', (_name, footer, reason: unknown) => {
    expect(readVhdFooter(footer)).toEqual({ ok: false, reason })
  })

  it.each(['fixed', 'dynamic'])('reads the %s disk that qemu-img makes', (kind) => {
    const footer = readDiskVector(`vhd-${kind}`)
    expect(readVhdFooter(footer)).toEqual({ ok: true, kind, virtualBytes: 8 * MEBIBYTE })
    expect(isVhdFooter(footer)).toBe(true)
  })

  it('gives for any bytes a size or a reason', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(readVhdFooter(bytes).ok).toBe(false)
      }),
    )
  })
})
