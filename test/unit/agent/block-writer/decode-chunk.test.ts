import { createHash } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { decodeChunk } from '../../../../src/agent/block-writer/decode-chunk.ts'
import { ZstdDecoder } from '../../../../src/agent/block-writer/zstd-decoder.ts'
import { patternBytes } from '../../../fakes/signed-image.ts'

const raw = patternBytes(100_000)
const compress = (bytes: Buffer) =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })

const digest = createHash('sha256').update(raw).digest()

/** One decoder for all of them, as in a lane: what is refused must not spoil what comes after it. */
const decoder = new ZstdDecoder()

const decode = (stored: Buffer, kind: 'zstd' | 'raw' = 'zstd') => {
  const target = Buffer.alloc(1024 * 1024)
  const refusal = decodeChunk(decoder, stored, { kind, rawBytes: raw.length, digest }, target)
  return { refusal, bytes: target.subarray(0, raw.length) }
}

describe('decodeChunk', () => {
  test('refuses a frame that is cut short, damaged, or none at all (B28)', () => {
    const frame = compress(raw)
    // The last four bytes are the frame's checksum: without them its content can still be right.
    expect(decode(frame.subarray(0, frame.length - 5)).refusal).toBeDefined()
    expect(decode(Buffer.from('no frame')).refusal).toBeDefined()
    const damaged = Buffer.from(frame)
    damaged[frame.length >> 1]! ^= 1
    expect(decode(damaged).refusal).toBeDefined()
  })

  test('refuses content of another length, and stops at the length that is due', () => {
    expect(decode(compress(raw.subarray(1))).refusal).toContain('99999 bytes')
    const bomb = compress(Buffer.alloc(64 * 1024 * 1024))
    expect(decode(bomb).refusal).toBeDefined()
    expect(decode(Buffer.concat([compress(raw), compress(raw)])).refusal).toBeDefined()
    expect(decode(Buffer.concat([compress(raw), Buffer.from('more')])).refusal).toBeDefined()
  })

  test('refuses other content of the right length (B03)', () => {
    expect(decode(compress(patternBytes(100_000, 2))).refusal).toContain('digest')
    expect(decode(patternBytes(100_000, 2), 'raw').refusal).toContain('digest')
  })

  test('decodes the next frame as if the refused one had never come', () => {
    const damaged = compress(raw)
    damaged[damaged.length >> 1]! ^= 1
    for (const frame of [damaged, compress(raw.subarray(1)), Buffer.from('no frame')]) {
      expect(decode(frame).refusal).toBeDefined()
      expect(decode(compress(raw)).refusal).toBeUndefined()
    }
  })

  test('takes a frame that is followed by one of nothing, as a compressor may end it', () => {
    const stored = Buffer.concat([compress(raw), compress(Buffer.alloc(0))])
    const { refusal, bytes } = decode(stored)
    expect(refusal).toBeUndefined()
    expect(bytes.equals(raw)).toBe(true)
    expect(decode(Buffer.concat([stored, Buffer.from('more')])).refusal).toBeDefined()
  })

  test('gives the raw bytes of both kinds', () => {
    for (const [kind, stored] of [
      ['zstd', compress(raw)],
      ['raw', raw],
    ] as const) {
      const { refusal, bytes } = decode(stored, kind)
      expect(refusal).toBeUndefined()
      expect(bytes.equals(raw)).toBe(true)
    }
  })
})
