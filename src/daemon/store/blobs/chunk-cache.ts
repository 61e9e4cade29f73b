import { KIBIBYTE } from '../../../base/byte-size.ts'
import type { Digest } from '../../../base/digest.ts'
import type { HeldBytes } from '../../domain/image/image-store.ts'

interface Entry {
  readonly memory: Buffer
  /** The chunk's bytes, once they are there and checked. */
  readonly loading: Promise<Buffer>
  holders: number
}

/** Memory comes in multiples of this, so that it can be used again for another chunk. */
const granuleBytes = 512 * KIBIBYTE

/**
 * The chunks that machines want at this time, in a bounded amount of memory. A chunk that many want at
 * once is read once; one that is being sent stays until it is sent; of the others the one that was
 * wanted longest ago goes first.
 */
export class ChunkCache {
  readonly #limitBytes: number
  readonly #load: (digest: Digest, into: Buffer) => Promise<void>
  /** Least recently wanted first. */
  readonly #entries = new Map<Digest, Entry>()
  readonly #idle = new Map<number, Buffer[]>()
  #memoryBytes = 0
  /** Of chunks that are being sent. */
  #heldBytes = 0

  /** @param load fills `into` with the chunk, checked, or throws */
  constructor(limitBytes: number, load: (digest: Digest, into: Buffer) => Promise<void>) {
    this.#limitBytes = limitBytes
    this.#load = load
  }

  /**
   * Undefined when all memory is taken by chunks that are being sent.
   *
   * @throws what `load` throws
   */
  async hold(digest: Digest, sizeBytes: number): Promise<HeldBytes | undefined> {
    const entry = this.#entries.get(digest) ?? this.#begin(digest, sizeBytes)
    if (entry === undefined) return undefined
    this.#entries.delete(digest)
    this.#entries.set(digest, entry)
    this.#count(entry, 1)
    try {
      return { bytes: await entry.loading, release: () => this.#count(entry, -1) }
    } catch (error) {
      this.#count(entry, -1)
      if (entry.holders === 0) this.#evict(digest, entry)
      throw error
    }
  }

  /**
   * Begins to load a chunk that will be wanted next, so that one machine alone need not wait for the
   * disk. In a crowd there is always somebody to serve meanwhile, and memory is for what is sent.
   */
  prepare(digest: Digest, sizeBytes: number): void {
    if (this.#heldBytes > this.#limitBytes / 4 || this.#entries.has(digest)) return
    const entry = this.#begin(digest, sizeBytes)
    // Whoever wants the chunk comes upon the failure by itself.
    entry?.loading.catch(() => {
      if (entry.holders === 0) this.#evict(digest, entry)
    })
  }

  forget(digest: Digest): void {
    const entry = this.#entries.get(digest)
    if (entry?.holders === 0) this.#evict(digest, entry)
  }

  #count(entry: Entry, by: 1 | -1): void {
    if (entry.holders === 0 || entry.holders + by === 0) this.#heldBytes += by * entry.memory.length
    entry.holders += by
  }

  #begin(digest: Digest, sizeBytes: number): Entry | undefined {
    const memory = this.#take(Math.ceil(sizeBytes / granuleBytes) * granuleBytes)
    if (memory === undefined) return undefined
    const bytes = memory.subarray(0, sizeBytes)
    const loading = this.#load(digest, bytes).then(() => bytes)
    const entry = { memory, loading, holders: 0 }
    this.#entries.set(digest, entry)
    return entry
  }

  #take(bytes: number): Buffer | undefined {
    for (;;) {
      const idle = this.#idle.get(bytes)?.pop()
      if (idle !== undefined) return idle
      if (this.#memoryBytes + bytes <= this.#limitBytes) {
        this.#memoryBytes += bytes
        return Buffer.allocUnsafeSlow(bytes)
      }
      if (!this.#makeRoom()) return undefined
    }
  }

  /** Memory of other sizes is given up before chunks are. */
  #makeRoom(): boolean {
    for (const buffers of this.#idle.values()) {
      const surplus = buffers.pop()
      if (surplus === undefined) continue
      this.#memoryBytes -= surplus.length
      return true
    }
    for (const [digest, entry] of this.#entries) {
      if (entry.holders > 0) continue
      this.#evict(digest, entry)
      return true
    }
    return false
  }

  #evict(digest: Digest, { memory }: Entry): void {
    if (this.#entries.get(digest)?.memory !== memory) return
    this.#entries.delete(digest)
    const idle = this.#idle.get(memory.length)
    if (idle === undefined) this.#idle.set(memory.length, [memory])
    else idle.push(memory)
  }
}
