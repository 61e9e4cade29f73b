import type { BootFile } from '../boot-files/boot-file.ts'

/** Larger than any window, so that one window lies in two pieces at most. */
const defaultPieceBytes = 64 * 1024

/**
 * A file in pieces, of which the next is read while blocks of this one are sent, so that the answer to
 * an acknowledgement seldom waits for the disk. Holds three pieces at most.
 */
export class ReadAhead {
  readonly #file: BootFile
  readonly #pieceBytes: number
  readonly #pieces = new Map<number, Uint8Array>()
  readonly #loading = new Map<number, Promise<void>>()

  constructor(file: BootFile, pieceBytes = defaultPieceBytes) {
    this.#file = file
    this.#pieceBytes = pieceBytes
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
      const loading = this.#load(index)
      if (loading !== undefined && index <= last) awaited.push(loading)
    }
    return awaited.length === 0 ? undefined : Promise.all(awaited)
  }

  /** Copies a prepared stretch to `into` from `at` on. */
  copy(offset: number, length: number, into: Uint8Array, at: number): void {
    let copied = 0
    while (copied < length) {
      const index = Math.floor((offset + copied) / this.#pieceBytes)
      const start = offset + copied - index * this.#pieceBytes
      const piece = this.#pieces.get(index)?.subarray(start, start + length - copied)
      if (piece === undefined || piece.length === 0)
        throw new RangeError(`piece ${index} not ready`)
      into.set(piece, at + copied)
      copied += piece.length
    }
  }

  /** Undefined when the piece is there, or behind the end of the file. */
  #load(index: number): Promise<void> | undefined {
    const offset = index * this.#pieceBytes
    if (this.#pieces.has(index) || offset >= this.#file.sizeBytes) return undefined
    const known = this.#loading.get(index)
    if (known !== undefined) return known
    const length = Math.min(this.#pieceBytes, this.#file.sizeBytes - offset)
    const loading = this.#file
      .read(offset, length)
      .then((bytes) => void this.#pieces.set(index, bytes))
      .finally(() => this.#loading.delete(index))
    this.#loading.set(index, loading)
    // Whoever needs the piece gets the failure; one read ahead in vain is tried again by then.
    loading.catch(() => {})
    return loading
  }
}
