import { constants, zstdCompressSync } from 'node:zlib'

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { zstdFrameBytes } from '../../../../src/protocol/qcow2/zstd-frame.ts'

const frames = [
  zstdCompressSync(Buffer.alloc(65_536)),
  zstdCompressSync(Buffer.from('short')),
  zstdCompressSync(Buffer.alloc(300_000, 'text of some length, repeated. ')),
  zstdCompressSync(Buffer.alloc(1000, 'x'), {
    params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_contentSizeFlag]: 0 },
  }),
]

describe(zstdFrameBytes, () => {
  it('refuses what is no frame, and one that is cut off', () => {
    expect(zstdFrameBytes(new Uint8Array(0))).toBeUndefined()
    expect(zstdFrameBytes(new Uint8Array(600))).toBeUndefined()
    for (const frame of frames) expect(zstdFrameBytes(frame.subarray(0, -1))).toBeUndefined()
  })

  it('finds the end of a frame, whatever follows it', () => {
    for (const frame of frames) {
      const followed = Buffer.concat([frame, frames[0] ?? frame])
      expect(zstdFrameBytes(followed)).toBe(frame.length)
    }
  })

  it('never reads behind the end', () => {
    const magic = fc.constant([0x28, 0xb5, 0x2f, 0xfd])
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 64 }), (start, rest) => {
        const bytes = Uint8Array.from([...start, ...rest])
        expect(zstdFrameBytes(bytes) ?? 0).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})
