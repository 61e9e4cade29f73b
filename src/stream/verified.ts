import { CodedError } from '../base/coded-error.ts'
import type { Digest } from '../base/digest.ts'

declare const proof: unique symbol

/** Evidence that every chunk of an image was read and matched. Only {@link ImageVerification.finish} makes one. */
export interface VerifiedImage {
  readonly imageDigest: Digest
  readonly verifiedBytes: number
  readonly [proof]: true
}

/** What one chunk must be: its raw digest, or nothing but zeros. */
export interface ExpectedChunk {
  readonly offset: number
  readonly rawBytes: number
  readonly content: Digest | 'zero'
}

/** The two measures a verification takes; handed in because pure code has no hash of its own. */
export interface ChunkMeasures {
  readonly digestOf: (bytes: Uint8Array) => Digest
  readonly isZero: (bytes: Uint8Array) => boolean
}

/** What was read back differs from what was written. Writing it again on the same disk is no cure. */
export class ReadBackMismatchError extends CodedError {
  readonly code = 'ERR_READ_BACK_MISMATCH'
  readonly chunkIndex: number
  readonly offset: number

  constructor(chunkIndex: number, offset: number) {
    super(`chunk ${chunkIndex} at byte ${offset} reads back differently than it was written`, {
      remedy: 'the disk does not keep what it is given: replace it',
    })
    this.chunkIndex = chunkIndex
    this.offset = offset
  }
}

/** Someone asked for the proof before every chunk had been read. */
export class VerificationIncompleteError extends CodedError {
  readonly code = 'ERR_VERIFICATION_INCOMPLETE'
  readonly missingChunks: number

  constructor(missingChunks: number) {
    super(`${missingChunks} chunks have not been read back`)
    this.missingChunks = missingChunks
  }
}

/** Collects chunks that were read back, in any order, and gives the proof once all of them matched. */
export class ImageVerification {
  readonly #imageDigest: Digest
  readonly #chunks: readonly ExpectedChunk[]
  readonly #measures: ChunkMeasures
  readonly #verified: Uint8Array
  #missing: number
  #verifiedBytes = 0

  constructor(imageDigest: Digest, chunks: readonly ExpectedChunk[], measures: ChunkMeasures) {
    this.#imageDigest = imageDigest
    this.#chunks = chunks
    this.#measures = measures
    this.#verified = new Uint8Array(chunks.length)
    this.#missing = chunks.length
  }

  /** @throws {ReadBackMismatchError} when `bytes` are not exactly that chunk */
  check(chunkIndex: number, bytes: Uint8Array): void {
    const chunk = this.#chunks[chunkIndex]
    if (chunk === undefined) throw new RangeError(`the image has no chunk ${chunkIndex}`)
    const { digestOf, isZero } = this.#measures
    const matches =
      bytes.length === chunk.rawBytes &&
      (chunk.content === 'zero' ? isZero(bytes) : digestOf(bytes) === chunk.content)
    if (!matches) throw new ReadBackMismatchError(chunkIndex, chunk.offset)
    if (this.#verified[chunkIndex] === 1) return
    this.#verified[chunkIndex] = 1
    this.#missing--
    this.#verifiedBytes += chunk.rawBytes
  }

  /** @throws {VerificationIncompleteError} while a chunk is missing */
  finish(): VerifiedImage {
    if (this.#missing > 0 || this.#chunks.length === 0) {
      throw new VerificationIncompleteError(this.#missing)
    }
    const facts = { imageDigest: this.#imageDigest, verifiedBytes: this.#verifiedBytes }
    return facts as VerifiedImage
  }
}
