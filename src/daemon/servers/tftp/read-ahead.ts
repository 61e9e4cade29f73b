import type { BootFile } from '../boot-files/boot-file.ts'
import { loadPiece, type Piece, type SharedPieces } from './shared-pieces.ts'

/** Larger than any window, so that one window lies in two pieces at most. */
const defaultPieceBytes = 64 * 1024

export interface ReadAheadOptions {
  /** Where pieces are shared with others that read the same file; without it they are this one's own. */
  readonly shared?: SharedPieces
  /** What the file is called there, besides its etag. */
  readonly path?: string
  readonly pieceBytes?: number
}

/**
 * A file in pieces, of which the next is read while blocks of this one are sent, so that the answer to
 * an acknowledgement seldom waits for the disk. Holds three pieces at most.
 */
export class ReadAhead {
  readonly #file: BootFile
  readonly #options: ReadAheadOptions
  readonly #pieceBytes: number
  readonly #pieces = new Map<number, Piece>()

  constructor(file: BootFile, options: ReadAheadOptions = {}) {
    this.#file = file
    this.#options = options
    this.#pieceBytes = options.pieceBytes ?? defaultPieceBytes
  }

  /**
   * Makes a stretch of the file ready for {@link copy} and forgets what lies before it. Undefined when
   * it is there already.
   *
   * @throws (rejects with) whatever the file's `read` throws
   */
  prepare(offset: number, length: number): Promise<unknown> | undefined {
    const first = Math.floor(offset / this.#pieceBytes)
    const last = Math.floor((offset + Math.max(1, length) - 1) / this.#pieceBytes)
    for (const index of this.#pieces.keys()) if (index < first) this.#pieces.delete(index)
    const awaited: Promise<void>[] = []
    for (let index = first; index <= last + 1; index++) {
      const piece = this.#load(index)
      if (piece !== undefined && piece.bytes === undefined && index <= last) {
        awaited.push(piece.loading)
      }
    }
    return awaited.length === 0 ? undefined : Promise.all(awaited)
  }

  /** Copies a prepared stretch to `into` from `at` on. */
  copy(offset: number, length: number, into: Uint8Array, at: number): void {
    let copied = 0
    while (copied < length) {
      const index = Math.floor((offset + copied) / this.#pieceBytes)
      const start = offset + copied - index * this.#pieceBytes
      const bytes = this.#pieces.get(index)?.bytes?.subarray(start, start + length - copied)
      if (bytes === undefined || bytes.length === 0) {
        throw new RangeError(`piece ${index} not ready`)
      }
      into.set(bytes, at + copied)
      copied += bytes.length
    }
  }

  /** Undefined behind the end of the file. */
  #load(index: number): Piece | undefined {
    const known = this.#pieces.get(index)
    if (known !== undefined) return known
    const offset = index * this.#pieceBytes
    if (offset >= this.#file.sizeBytes) return undefined
    const length = Math.min(this.#pieceBytes, this.#file.sizeBytes - offset)
    const read = () => this.#file.read(offset, length)
    const { shared, path = '' } = this.#options
    // Of one strong tag there is one content (RFC 9110 §8.8.1); without a tag nothing says so.
    const { etag } = this.#file
    const piece =
      shared === undefined || etag === undefined
        ? loadPiece(read)
        : shared.piece(`${path} ${etag} ${offset} ${length}`, read)
    piece.loading.catch(() => this.#pieces.delete(index))
    this.#pieces.set(index, piece)
    return piece
  }
}
