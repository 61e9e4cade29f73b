import { CodedError } from '../base/coded-error.ts'
import type { Digest } from '../base/digest.ts'

declare const proof: unique symbol

/** Evidence that every chunk of an image was read and matched. Only {@link ImageVerification.finish} makes one. */
export interface VerifiedImage {
  readonly imageDigest: Digest
  readonly readBack: 'complete'
  readonly verifiedBytes: number
  readonly [proof]: true
}

/**
 * Evidence that a policy waived the read-back: every chunk matched before it was written, and no more
 * is known of it. Only {@link ImageVerification.finishWaived} makes one.
 */
export interface WaivedReadBack {
  readonly imageDigest: Digest
  readonly readBack: 'waived'
  readonly verifiedBytes: number
  readonly [proof]: true
}

/** What must be in hand before a disk is made bootable. */
export type CommitPermit = VerifiedImage | WaivedReadBack

/** What one chunk must be: its raw digest, or nothing but zeros. */
export interface ExpectedChunk {
  readonly offset: number
  readonly rawBytes: number
  readonly content: Digest | 'zero'
}

/** What was read of one chunk, wherever that was measured. */
export interface MeasuredChunk {
  readonly rawBytes: number
  readonly content: Digest | 'zero'
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

/**
 * Collects what was measured of the chunks on a disk, in any order, and gives the proof once all of them
 * matched. Measuring may be spread over threads; the judgement is here alone.
 */
export class ImageVerification {
  readonly #imageDigest: Digest
  readonly #chunks: readonly ExpectedChunk[]
  readonly #verified: Uint8Array
  readonly #written: Uint8Array
  #verifiedBytes = 0

  constructor(imageDigest: Digest, chunks: readonly ExpectedChunk[]) {
    this.#imageDigest = imageDigest
    this.#chunks = chunks
    this.#verified = new Uint8Array(chunks.length)
    this.#written = new Uint8Array(chunks.length)
  }

  /** @throws {ReadBackMismatchError} when what was read is not exactly that chunk */
  accept(chunkIndex: number, measured: MeasuredChunk): void {
    const chunk = this.#chunkAt(chunkIndex)
    if (!matches(chunk, measured)) throw new ReadBackMismatchError(chunkIndex, chunk.offset)
    if (this.#verified[chunkIndex] === 1) return
    this.#verified[chunkIndex] = 1
    this.#verifiedBytes += chunk.rawBytes
  }

  /** Notes that a chunk was written from bytes that matched; counts only where the read-back is waived. */
  wrote(chunkIndex: number): void {
    this.#chunkAt(chunkIndex)
    this.#written[chunkIndex] = 1
  }

  /** @throws {VerificationIncompleteError} while a chunk has not been read */
  finish(): VerifiedImage {
    this.#requireNone((index) => this.#verified[index] !== 1)
    return { ...this.#facts(), readBack: 'complete' } as VerifiedImage
  }

  /** @throws {VerificationIncompleteError} while a chunk was neither read nor written */
  finishWaived(): WaivedReadBack {
    this.#requireNone((index) => this.#verified[index] !== 1 && this.#written[index] !== 1)
    return { ...this.#facts(), readBack: 'waived' } as WaivedReadBack
  }

  #facts() {
    return { imageDigest: this.#imageDigest, verifiedBytes: this.#verifiedBytes }
  }

  #requireNone(isMissing: (chunkIndex: number) => boolean): void {
    const missing = this.#chunks.filter((_, index) => isMissing(index)).length
    if (missing > 0 || this.#chunks.length === 0) throw new VerificationIncompleteError(missing)
  }

  #chunkAt(chunkIndex: number): ExpectedChunk {
    const chunk = this.#chunks[chunkIndex]
    if (chunk === undefined) throw new RangeError(`the image has no chunk ${chunkIndex}`)
    return chunk
  }
}

/** Whether what was read is that chunk. */
export function matches(chunk: ExpectedChunk, { rawBytes, content }: MeasuredChunk): boolean {
  return rawBytes === chunk.rawBytes && content === chunk.content
}
