import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  groupChunks,
  planWrite,
  writableParts,
} from '../../../../src/agent/block-writer/write-plan.ts'
import type { ImageManifest, ManifestChunk } from '../../../../src/contract/image-manifest.ts'
import { createSignedImage, patternBytes, sha256 } from '../../../fakes/signed-image.ts'

const MiB = 1024 * 1024
const digest = sha256(Buffer.from('chunk'))

/** A manifest of chunks that are stored one after the other; 0 stands for zeros. */
const manifestOf = (storedSizes: number[], change: Partial<ImageManifest> = {}): ImageManifest => {
  let packOffset = 0
  const chunks = storedSizes.map((storedBytes): ManifestChunk => {
    if (storedBytes === 0) return { kind: 'zero' }
    packOffset += storedBytes
    const place = { packOffset: packOffset - storedBytes, storedBytes }
    return { kind: 'zstd', ...place, rawDigest: digest, storedDigest: digest }
  })
  const { manifest } = createSignedImage(patternBytes(MiB))
  const sizes = { rawBytes: storedSizes.length * MiB, packBytes: packOffset }
  return { ...manifest, ...sizes, chunks, ...change }
}

const disk = { sizeBytes: 64 * MiB, logicalSectorBytes: 512 }

describe('planWrite', () => {
  test.each([1, MiB, 1024 ** 3])('refuses an image that is %i bytes too large (B08)', (excess) => {
    const manifest = manifestOf([100], { rawBytes: disk.sizeBytes + excess })
    expect(() => planWrite(manifest, disk)).toThrow('the image does not fit')
  })

  test('refuses an image for other sectors, either way (B10)', () => {
    expect(() => planWrite(manifestOf([100]), { ...disk, logicalSectorBytes: 4096 })).toThrow(
      'made for 512-byte sectors, the disk has 4096-byte sectors',
    )
    expect(() => planWrite(manifestOf([100], { sectorBytes: 4096 }), disk)).toThrow('4096-byte')
  })

  test.each([
    ['chunks that are no power of two', { chunkBytes: 3 * MiB }],
    ['chunks of 16 MiB', { chunkBytes: 16 * MiB }],
    ['chunks of 512 KiB', { chunkBytes: MiB / 2 }],
    ['half a sector', { rawBytes: MiB - 256 }],
    ['a chunk too few', { rawBytes: 2 * MiB }],
    ['a chunk that lies outside the pack', { packBytes: 99 }],
  ])('refuses a manifest with %s', (_what, change) => {
    expect(() => planWrite(manifestOf([100], change), disk)).toThrow('manifest is refused')
  })

  test('refuses a stored chunk that is larger than its content', () => {
    expect(() => planWrite(manifestOf([MiB + 1]), disk)).toThrow('impossible place')
  })

  test('joins neighbours to one range while they fit one buffer, and never across zeros', () => {
    const third = Math.floor(MiB / 3)
    const { chunks } = planWrite(manifestOf([third, third, third, third, 0, 0, third]), disk)
    expect(groupChunks(chunks, MiB)).toEqual([
      { firstChunk: 0, chunkCount: 3 },
      { firstChunk: 3, chunkCount: 1 },
      { firstChunk: 4, chunkCount: 2 },
      { firstChunk: 6, chunkCount: 1 },
    ])
    const without = chunks.filter(({ index }) => index !== 1 && index !== 4)
    expect(groupChunks(without, MiB)).toEqual([
      { firstChunk: 0, chunkCount: 1 },
      { firstChunk: 2, chunkCount: 2 },
      { firstChunk: 5, chunkCount: 1 },
      { firstChunk: 6, chunkCount: 1 },
    ])
  })

  test('does not join chunks with a gap in the pack between them', () => {
    const manifest = manifestOf([100, 100])
    const [first, second] = manifest.chunks
    if (first?.kind !== 'zstd' || second?.kind !== 'zstd') throw new Error('both are zstd')
    const chunks = [first, { ...second, packOffset: 150 }]
    const plan = planWrite({ ...manifest, chunks, packBytes: 250 }, disk)
    expect(groupChunks(plan.chunks, MiB)).toHaveLength(2)
  })

  test('clears the first and the last MiB, on a small disk all of it (B09, B16)', () => {
    expect(planWrite(manifestOf([100]), disk).cleared).toEqual([
      { offset: 0, length: MiB },
      { offset: 63 * MiB, length: MiB },
    ])
    const small = { ...disk, sizeBytes: MiB + 512 }
    expect(planWrite(manifestOf([100]), small).cleared).toEqual([{ offset: 0, length: MiB + 512 }])
  })

  test('writes every byte of the image exactly once, the held back ones in the end', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 20_000 }),
      fc.nat(4000),
      (sectors, room) => {
        const rawBytes = sectors * 512
        const count = Math.ceil(rawBytes / MiB)
        const manifest = manifestOf(
          Array.from({ length: count }, () => 0),
          { rawBytes },
        )
        // On a disk that it fills, or nearly, the last MiB of the disk is the image's, too.
        const sizeBytes = rawBytes + room * 512
        const plan = planWrite(manifest, { ...disk, sizeBytes })
        const early = plan.chunks.flatMap((chunk) => writableParts(chunk, plan.heldBack))
        const all = [...early, ...plan.heldBack].sort((left, right) => left.offset - right.offset)
        let end = 0
        for (const { offset, length } of all) {
          expect(offset).toBe(end)
          expect(length % 512).toBe(0)
          end += length
        }
        expect(end).toBe(rawBytes)
        // What clearing takes from the image is exactly what is given back with the proof.
        const spoilt = plan.cleared.flatMap(({ offset, length }) => {
          const inside = Math.min(offset + length, rawBytes) - offset
          return inside > 0 ? [inside] : []
        })
        const sum = (lengths: number[]) => lengths.reduce((total, length) => total + length, 0)
        expect(sum(spoilt)).toBe(sum(plan.heldBack.map(({ length }) => length)))
        for (const { offset, length } of plan.heldBack) {
          expect(Math.floor(offset / MiB)).toBe(Math.floor((offset + length - 1) / MiB))
        }
        expect(plan.heldBack[0]).toEqual({ offset: 0, length: 512 })
        // The header of the backup table is the last sector.
        expect(early.every(({ offset, length }) => offset + length < rawBytes)).toBe(true)
      },
    )
    fc.assert(property)
  })
})
