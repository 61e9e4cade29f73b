import { createHash } from 'node:crypto'

import { type Digest, digestFromBytes } from '../../../base/digest.ts'
import type { ManifestChunk } from '../../../contract/image-manifest.ts'
import type { StoredChunk } from './encode-chunk.ts'

export type PackPiece = 'zero' | { readonly chunk: StoredChunk; readonly isStored: boolean }

export interface FinishedPack {
  readonly packDigest: Digest
  readonly packBytes: number
  readonly chunks: readonly ManifestChunk[]
}

interface WaitingPiece {
  readonly piece: Promise<PackPiece>
  /** Gives its memory back; a zero chunk has none. */
  readonly release?: () => void
}

/** The pack as machines see it: stored chunks in disk order, which are encoded side by side. */
export class VirtualPack {
  readonly #add: (chunk: StoredChunk) => Promise<void>
  readonly #hash = createHash('sha256')
  readonly #chunks: ManifestChunk[] = []
  readonly #waiting: WaitingPiece[] = []
  #encodingCount = 0
  #packBytes = 0

  /** @param add stores a chunk that is not stored yet */
  constructor(add: (chunk: StoredChunk) => Promise<void>) {
    this.#add = add
  }

  /** Pieces that hold memory. */
  get encodingCount(): number {
    return this.#encodingCount
  }

  /** All pieces that are not appended yet. */
  get waitingCount(): number {
    return this.#waiting.length
  }

  /** Takes the next piece in disk order; `release` is called once it is appended and `hashing` is done. */
  push(
    encoding: PackPiece | Promise<PackPiece>,
    hashing: Promise<void>,
    release?: () => void,
  ): void {
    const piece = Promise.all([encoding, hashing]).then(([encoded]) => encoded)
    // Awaited in its turn; until then a failure of it must not count as unheard.
    piece.catch(() => {})
    this.#waiting.push(release === undefined ? { piece } : { piece, release })
    if (release !== undefined) this.#encodingCount++
  }

  /** @throws {RangeError} when none is waiting */
  async appendNext(): Promise<void> {
    const next = this.#waiting.shift()
    if (next === undefined) throw new RangeError('no piece is waiting')
    await this.#append(await next.piece)
    if (next.release === undefined) return
    next.release()
    this.#encodingCount--
  }

  async #append(piece: PackPiece): Promise<void> {
    if (piece === 'zero') {
      this.#chunks.push({ kind: 'zero' })
      return
    }
    if (!piece.isStored) await this.#add(piece.chunk)
    const { stored, ...facts } = piece.chunk
    this.#hash.update(stored)
    const place = { packOffset: this.#packBytes, storedBytes: stored.length }
    this.#chunks.push({ ...facts, ...place })
    this.#packBytes += stored.length
  }

  finish(): FinishedPack {
    const packDigest = digestFromBytes(this.#hash.digest())
    return { packDigest, packBytes: this.#packBytes, chunks: this.#chunks }
  }
}
