import { createHash, type Hash } from 'node:crypto'

import { capped } from './capped.ts'
import { ImageDamagedError } from './errors.ts'
import { Peeked } from './peeked.ts'

export interface ArrivingBytesOptions {
  readonly bytes: AsyncIterable<Uint8Array>
  /** How many there will be, as soon as that is known. */
  readonly sizeBytes: () => number | undefined
  readonly largestBytes: number
  /** Whether somebody vouched for their sha512. */
  readonly wantsSha512: boolean
  readonly signal: AbortSignal | undefined
  readonly onArrival: (sourceBytes: number, totalBytes?: number) => void
}

/** The bytes of a file as they come: counted, limited, and their digests taken. */
export class ArrivingBytes {
  readonly #options: ArrivingBytesOptions
  readonly #peeked: Peeked
  readonly #hashes = new Map<'sha256' | 'sha512', Hash>()
  readonly #checksums = new Map<'sha256' | 'sha512', string>()
  #bytes = 0

  constructor(options: ArrivingBytesOptions) {
    this.#options = options
    this.#peeked = new Peeked(capped(options.bytes, options.largestBytes))
    if (options.wantsSha512) this.#hashes.set('sha512', createHash('sha512'))
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The beginning, fewer than `length` bytes only when there are no more. Nothing is consumed. */
  peek(length: number): Promise<Uint8Array> {
    return this.#peeked.peek(length)
  }

  /**
   * All of them, once.
   *
   * @param takeSha256 false where the reader takes the sha256 of the very same bytes
   * @throws {ImageDamagedError} when there are fewer or more than was said
   */
  async *read(takeSha256 = true): AsyncGenerator<Uint8Array> {
    const { signal, sizeBytes, onArrival } = this.#options
    if (takeSha256) this.#hashes.set('sha256', createHash('sha256'))
    for await (const part of this.#peeked) {
      signal?.throwIfAborted()
      for (const hash of this.#hashes.values()) hash.update(part)
      this.#bytes += part.length
      onArrival(this.#bytes, sizeBytes())
      yield part
    }
    const expectedBytes = sizeBytes() ?? this.#bytes
    if (expectedBytes !== this.#bytes) {
      throw new ImageDamagedError(`${this.#bytes} bytes came instead of ${expectedBytes}`)
    }
    for (const [algorithm, hash] of this.#hashes) {
      this.#checksums.set(algorithm, `${algorithm}:${hash.digest('hex')}`)
    }
  }

  /** Undefined when it was not taken, or not all of them were read. */
  checksum(algorithm: 'sha256' | 'sha512'): string | undefined {
    return this.#checksums.get(algorithm)
  }
}
