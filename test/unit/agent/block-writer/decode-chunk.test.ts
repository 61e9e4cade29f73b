import { constants, zstdCompressSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { decodeChunk } from '../../../../src/agent/block-writer/decode-chunk.ts'
import { patternBytes, sha256 } from '../../../fakes/signed-image.ts'

const raw = patternBytes(100_000)
const compress = (bytes: Buffer) =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })

const chunkFor = (kind: 'zstd' | 'raw', storedBytes: number) => ({
  index: 3,
  offset: 3 * 1024 * 1024,
  rawBytes: raw.length,
  content: sha256(raw),
  stored: { kind, packOffset: 0, storedBytes, rawDigest: sha256(raw), storedDigest: sha256(raw) },
})

const decode = async (stored: Buffer, kind: 'zstd' | 'raw' = 'zstd') => {
  const target = Buffer.alloc(1024 * 1024)
  const refusal = await decodeChunk(stored, chunkFor(kind, stored.length), target)
  return { refusal, bytes: target.subarray(0, raw.length) }
}

describe('decodeChunk', () => {
  test('refuses a frame that is cut short, damaged, or none at all (B28)', async () => {
    const frame = compress(raw)
    expect((await decode(frame.subarray(0, frame.length - 1))).refusal).toBeDefined()
    expect((await decode(Buffer.from('no frame'))).refusal).toBeDefined()
    const damaged = Buffer.from(frame)
    damaged[frame.length >> 1]! ^= 1
    expect((await decode(damaged)).refusal).toBeDefined()
  })

  test('refuses content of another length, and stops at the length that is due', async () => {
    expect((await decode(compress(raw.subarray(1)))).refusal).toContain('99999 bytes')
    const bomb = compress(Buffer.alloc(64 * 1024 * 1024))
    expect((await decode(bomb)).refusal).toBeDefined()
  })

  test('refuses other content of the right length (B03)', async () => {
    expect((await decode(compress(patternBytes(100_000, 2)))).refusal).toContain('digest')
    expect((await decode(patternBytes(100_000, 2), 'raw')).refusal).toContain('digest')
  })

  test('gives the raw bytes of both kinds', async () => {
    for (const [kind, stored] of [
      ['zstd', compress(raw)],
      ['raw', raw],
    ] as const) {
      const { refusal, bytes } = await decode(stored, kind)
      expect(refusal).toBeUndefined()
      expect(bytes.equals(raw)).toBe(true)
    }
  })
})
