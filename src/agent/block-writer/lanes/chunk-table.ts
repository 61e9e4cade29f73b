import { type Digest, digestFromBytes, digestHex } from '../../../base/digest.ts'
import type { MeasuredChunk } from '../../../stream/verified.ts'
import type { PlannedChunk } from '../write-plan.ts'

const kinds = ['zero', 'raw', 'zstd'] as const
const digestBytes = 32

/** What a lane needs to know of one chunk. */
export interface TableChunk {
  readonly index: number
  /** Place on the disk. */
  readonly offset: number
  readonly rawBytes: number
  readonly kind: (typeof kinds)[number]
  readonly packOffset: number
  readonly storedBytes: number
  /** Of its raw bytes; all zero for a chunk of zeros. */
  readonly digest: Uint8Array
}

/** The memory of a {@link ChunkTable}, as it goes to another thread. */
export interface ChunkTableMemory {
  readonly rawBytes: number
  readonly chunkBytes: number
  readonly kinds: SharedArrayBuffer
  readonly places: SharedArrayBuffer
  readonly digests: SharedArrayBuffer
  readonly measuredKinds: SharedArrayBuffer
  readonly measuredDigests: SharedArrayBuffer
}

const measurements = { none: 0, zero: 1, digest: 2 } as const

/**
 * Every chunk of an image as the manifest states it, and as it was last found on the disk, in memory
 * that threads share: no message a chunk, and no copy of the manifest a thread. Whoever has claimed a
 * chunk is the only one to note what it found; the lanes have come to rest when that is read.
 */
export class ChunkTable {
  readonly memory: ChunkTableMemory
  readonly #kinds: Uint8Array
  readonly #places: Float64Array
  readonly #digests: Uint8Array
  readonly #measuredKinds: Uint8Array
  readonly #measuredDigests: Uint8Array

  constructor(memory: ChunkTableMemory) {
    this.memory = memory
    this.#kinds = new Uint8Array(memory.kinds)
    this.#places = new Float64Array(memory.places)
    this.#digests = new Uint8Array(memory.digests)
    this.#measuredKinds = new Uint8Array(memory.measuredKinds)
    this.#measuredDigests = new Uint8Array(memory.measuredDigests)
  }

  static of(plan: {
    readonly rawBytes: number
    readonly chunkBytes: number
    readonly chunks: readonly PlannedChunk[]
  }): ChunkTable {
    const { rawBytes, chunkBytes, chunks } = plan
    const share = (bytesPerChunk: number) => new SharedArrayBuffer(chunks.length * bytesPerChunk)
    const table = new ChunkTable({
      ...{ rawBytes, chunkBytes, kinds: share(1), places: share(16) },
      ...{ digests: share(digestBytes), measuredKinds: share(1) },
      measuredDigests: share(digestBytes),
    })
    for (const chunk of chunks) table.#enter(chunk)
    return table
  }

  chunk(index: number): TableChunk {
    const offset = index * this.memory.chunkBytes
    return {
      index,
      offset,
      rawBytes: Math.min(this.memory.chunkBytes, this.memory.rawBytes - offset),
      kind: kinds[this.#kinds[index] ?? 0] ?? 'zero',
      packOffset: this.#places[2 * index] ?? 0,
      storedBytes: this.#places[2 * index + 1] ?? 0,
      digest: digestAt(this.#digests, index),
    }
  }

  /** Notes that the chunk was read from the disk: its digest, or that all of it is zero. */
  note(index: number, found: Uint8Array | 'zero'): void {
    if (found !== 'zero') digestAt(this.#measuredDigests, index).set(found)
    this.#measuredKinds[index] = found === 'zero' ? measurements.zero : measurements.digest
  }

  /** What is on the disk is about to change: nothing found there before counts any more. */
  forget(index: number): void {
    this.#measuredKinds[index] = measurements.none
  }

  /** What was found last; undefined when the chunk was not read, or is not the zeros it should be. */
  measured(index: number): MeasuredChunk | undefined {
    const { rawBytes } = this.chunk(index)
    const kind = this.#measuredKinds[index]
    if (kind === measurements.zero) return { rawBytes, content: 'zero' }
    if (kind !== measurements.digest) return undefined
    return { rawBytes, content: digestFromBytes(digestAt(this.#measuredDigests, index)) }
  }

  #enter({ index, content, stored }: PlannedChunk): void {
    if (content === 'zero' || stored === undefined) return
    this.#kinds[index] = kinds.indexOf(stored.kind)
    this.#places[2 * index] = stored.packOffset
    this.#places[2 * index + 1] = stored.storedBytes
    digestAt(this.#digests, index).set(rawDigest(content))
  }
}

function digestAt(digests: Uint8Array, index: number): Uint8Array {
  return digests.subarray(index * digestBytes, (index + 1) * digestBytes)
}

function rawDigest(digest: Digest): Uint8Array {
  return Buffer.from(digestHex(digest), 'hex')
}
