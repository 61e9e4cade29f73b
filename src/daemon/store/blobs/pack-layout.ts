import type { Digest } from '../../../base/digest.ts'
import type { ImageManifest } from '../../../contract/image-manifest.ts'

/** Part of a stored chunk. */
export interface ChunkPart {
  readonly storedDigest: Digest
  readonly storedBytes: number
  /** Where in the chunk it begins. */
  readonly from: number
  /** Where in the pack the next chunk begins; undefined behind the last. */
  readonly nextOffset?: number
}

/** Which chunk lies where in the pack that machines see. */
export class PackLayout {
  readonly #offsets: Float64Array
  readonly #digests: readonly Digest[]
  readonly packDigest: Digest
  readonly sizeBytes: number

  constructor({ chunks, packDigest, packBytes }: ImageManifest) {
    const stored = chunks.flatMap((chunk) => (chunk.kind === 'zero' ? [] : [chunk]))
    this.#offsets = Float64Array.from([...stored.map((chunk) => chunk.packOffset), packBytes])
    this.#digests = stored.map((chunk) => chunk.storedDigest)
    this.packDigest = packDigest
    this.sizeBytes = packBytes
  }

  digests(): readonly Digest[] {
    return this.#digests
  }

  /** @throws {RangeError} when `offset` lies outside the pack */
  at(offset: number): ChunkPart {
    let low = 0
    let high = this.#digests.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#offsets[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    const begin = this.#offsets[low] ?? 0
    const end = this.#offsets[low + 1] ?? 0
    const storedDigest = this.#digests[low]
    if (storedDigest === undefined || offset < begin || offset >= end) {
      throw new RangeError(`byte ${offset} lies outside a pack of ${this.sizeBytes}`)
    }
    const part = { storedDigest, storedBytes: end - begin, from: offset - begin }
    return end < this.sizeBytes ? { ...part, nextOffset: end } : part
  }
}
