import { webcrypto } from 'node:crypto'

import { MEBIBYTE } from '../../../base/byte-size.ts'
import type { Clock } from '../../../base/clock.ts'
import { type Digest, digestFromBytes } from '../../../base/digest.ts'
import type { ImagePack } from '../../domain/image/image-store.ts'
import { ChunkCache } from './chunk-cache.ts'
import type { ChunkStore } from './chunk-store.ts'
import { ChunkDamagedError, ChunkMissingError } from './errors.ts'
import type { PackLayout } from './pack-layout.ts'

export interface ServedPacksOptions {
  readonly chunks: ChunkStore
  readonly clock: Clock
  /** Told of each chunk that is not what was stored. */
  readonly onDamaged: (storedDigest: Digest) => void
  /** Memory for the chunks that are wanted at the time. Default 64 MiB. */
  readonly cacheBytes?: number
}

/** A chunk that was read and found right is believed for so long: rot is slow, and machines check anyway. */
const believedMs = 3_600_000

/** Reads packs for machines: through a cache of checked chunks, and past it where that is full. */
export class ServedPacks {
  readonly #chunks: ChunkStore
  readonly #clock: Clock
  readonly #onDamaged: ServedPacksOptions['onDamaged']
  readonly #cache: ChunkCache
  readonly #checkedAtMs = new Map<Digest, number>()

  constructor({ chunks, clock, onDamaged, cacheBytes = 64 * MEBIBYTE }: ServedPacksOptions) {
    this.#chunks = chunks
    this.#clock = clock
    this.#onDamaged = onDamaged
    this.#cache = new ChunkCache(cacheBytes, (digest, into) => this.#load(digest, into))
  }

  open(layout: PackLayout): ImagePack {
    return {
      packDigest: layout.packDigest,
      sizeBytes: layout.sizeBytes,
      hold: async (offset) => {
        const { storedDigest, storedBytes, from, nextOffset } = layout.at(offset)
        const holding = this.#cache.hold(storedDigest, storedBytes)
        if (nextOffset !== undefined) {
          const next = layout.at(nextOffset)
          this.#cache.prepare(next.storedDigest, next.storedBytes)
        }
        const held = await holding
        if (held === undefined || from === 0) return held
        return { bytes: held.bytes.subarray(from), release: held.release }
      },
      holdFile: async (offset) => {
        const { storedDigest, storedBytes, from } = layout.at(offset)
        if (!this.#isBelieved(storedDigest)) return undefined
        const { file, position, release } = await this.#chunks
          .openChunk(storedDigest)
          .catch((error: unknown) => {
            throw this.#reported(storedDigest, error)
          })
        const place = { position: position + from, lengthBytes: storedBytes - from }
        return { descriptor: file.fd, ...place, release }
      },
      read: (offset, length, into) => this.#read(layout, offset, into.subarray(0, length)),
    }
  }

  async #read(layout: PackLayout, offset: number, into: Uint8Array): Promise<Uint8Array> {
    for (let filled = 0; filled < into.length;) {
      const { storedDigest, storedBytes, from } = layout.at(offset + filled)
      const length = Math.min(storedBytes - from, into.length - filled)
      const part = into.subarray(filled, filled + length)
      await this.#chunks.read(storedDigest, part, from).catch((error: unknown) => {
        throw this.#reported(storedDigest, error)
      })
      filled += length
    }
    return into
  }

  async #load(digest: Digest, into: Buffer): Promise<void> {
    try {
      await this.#chunks.read(digest, into)
      if (this.#isBelieved(digest)) return
      const nowMs = this.#clock.monotonicMs()
      if ((await digestInPool(into)) !== digest) throw new ChunkDamagedError(digest)
      this.#checkedAtMs.set(digest, nowMs)
    } catch (error) {
      throw this.#reported(digest, error)
    }
  }

  #isBelieved(digest: Digest): boolean {
    const checkedAtMs = this.#checkedAtMs.get(digest) ?? Number.NEGATIVE_INFINITY
    return this.#clock.monotonicMs() - checkedAtMs < believedMs
  }

  #reported(digest: Digest, error: unknown): unknown {
    if (error instanceof ChunkDamagedError || error instanceof ChunkMissingError) {
      this.#checkedAtMs.delete(digest)
      this.#onDamaged(digest)
    }
    return error
  }
}

/** Computed beside the event loop, which has sockets to serve meanwhile. */
async function digestInPool(bytes: Buffer): Promise<Digest> {
  const view = bytes as Buffer<ArrayBuffer>
  return digestFromBytes(new Uint8Array(await webcrypto.subtle.digest('SHA-256', view)))
}
