import { createHash } from 'node:crypto'

import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'

import { type Digest, digestFromBytes } from '../../../src/base/digest.ts'
import {
  type ExpectedChunk,
  ImageVerification,
  type MeasuredChunk,
  ReadBackMismatchError,
  VerificationIncompleteError,
  type VerifiedImage,
  type WaivedReadBack,
} from '../../../src/stream/verified.ts'

const digestOf = (bytes: Uint8Array) => digestFromBytes(createHash('sha256').update(bytes).digest())
const measures = { digestOf, isZero: (bytes: Uint8Array) => bytes.every((byte) => byte === 0) }
const imageDigest = digestOf(Buffer.from('manifest'))

/** What a lane would have measured of these bytes. */
const measured = (bytes: Uint8Array): MeasuredChunk => ({
  rawBytes: bytes.length,
  content: measures.isZero(bytes) ? 'zero' : digestOf(bytes),
})

const chunkOf = (bytes: Uint8Array, offset: number): ExpectedChunk => ({
  offset,
  rawBytes: bytes.length,
  content: measures.isZero(bytes) ? 'zero' : digestOf(bytes),
})

const pieces = [Buffer.from('abcd'), Buffer.alloc(4), Buffer.from('xy')]
const chunks = pieces.map((bytes, index) => chunkOf(bytes, index * 4))

describe('ImageVerification', () => {
  test('gives no proof while a chunk is missing, nor of an image without chunks', () => {
    const verification = new ImageVerification(imageDigest, chunks)
    verification.accept(0, measured(pieces[0]!))
    verification.accept(0, measured(pieces[0]!))
    verification.accept(2, measured(pieces[2]!))
    expect(() => verification.finish()).toThrow(VerificationIncompleteError)
    const empty = new ImageVerification(imageDigest, [])
    expect(() => empty.finish()).toThrow(VerificationIncompleteError)
  })

  test('refuses a chunk that reads back with any one bit flipped (B13)', () => {
    fc.assert(
      fc.property(fc.nat(2), fc.nat(15), (index, bit) => {
        const verification = new ImageVerification(imageDigest, chunks)
        const damaged = Buffer.from(pieces[index]!)
        damaged[(bit >> 3) % damaged.length]! ^= 1 << (bit & 7)
        expect(() => verification.accept(index, measured(damaged))).toThrow(ReadBackMismatchError)
      }),
    )
  })

  test('refuses a chunk that is right but in another place, or cut short (B03)', () => {
    const verification = new ImageVerification(imageDigest, chunks)
    expect(() => verification.accept(1, measured(pieces[0]!))).toThrow(ReadBackMismatchError)
    expect(() => verification.accept(1, measured(Buffer.alloc(3)))).toThrow(ReadBackMismatchError)
  })

  test('gives the proof when all chunks matched, in any order', () => {
    const verification = new ImageVerification(imageDigest, chunks)
    for (const index of [2, 0, 1]) verification.accept(index, measured(pieces[index]!))
    expect(verification.finish()).toEqual({
      imageDigest,
      readBack: 'complete',
      verifiedBytes: 10,
    })
  })

  test('waives only what was written, and never calls it verified', () => {
    const verification = new ImageVerification(imageDigest, chunks)
    verification.accept(0, measured(pieces[0]!))
    verification.wrote(1)
    expect(() => verification.finishWaived()).toThrow(VerificationIncompleteError)
    verification.wrote(2)
    expect(verification.finishWaived()).toEqual({
      imageDigest,
      readBack: 'waived',
      verifiedBytes: 4,
    })
    expect(() => verification.finish()).toThrow('2 chunks')
    expectTypeOf<WaivedReadBack>().not.toExtend<VerifiedImage>()
  })

  test('is the only maker of a proof: a plain object is none', () => {
    expectTypeOf<{ imageDigest: Digest; verifiedBytes: number }>().not.toExtend<VerifiedImage>()
  })
})
