import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Digest } from '../../../base/digest.ts'
import { replaceFile, syncDirectory } from './durable-files.ts'
import { digestOf } from './encode-chunk.ts'
import { ChunkDamagedError, ChunkMissingError } from './errors.ts'
import { type OpenPack, OpenPacks } from './open-packs.ts'
import { listPacks, type PackedChunk, packIndexText, readPackIndex } from './pack-index.ts'

/** A stored chunk, in whichever pack it lies. */
export interface ChunkPlace extends PackedChunk {
  readonly packId: string
}

/** Chunks that an import counts on, until it has published its image or given up. */
export interface ChunkHold extends Disposable {
  /** The stored chunk with these raw bytes, kept from now on whatever is collected. */
  keepRaw(rawDigest: Digest): ChunkPlace | undefined
  /** The stored chunk itself, whether it is there already or about to be. */
  keep(storedDigest: Digest): ChunkPlace | undefined
  /** Counts bytes that the import has written and not yet put into the store. */
  claim(bytes: number): void
}

interface Held {
  readonly kept: Set<Digest>
  claimedBytes: number
}

/**
 * Every stored chunk once, whichever images have it: append-only pack files, one for each import, and
 * an index in memory. `packs/ID.pack` is there before `packs/ID.json`, which makes it count.
 */
export class ChunkStore {
  readonly #folder: string
  readonly #places = new Map<Digest, ChunkPlace>()
  readonly #byRawDigest = new Map<Digest, ChunkPlace>()
  readonly #packs = new Map<string, readonly PackedChunk[]>()
  readonly #holds = new Set<Held>()
  readonly #open = new OpenPacks()

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Opens `folder` and sweeps packs that an interrupted import or collection has left half made. */
  static async open(folder: string): Promise<ChunkStore> {
    await mkdir(folder, { recursive: true })
    const store = new ChunkStore(folder)
    const { packIds, orphans } = await listPacks(folder)
    for (const path of orphans) await rm(path)
    for (const id of packIds) store.#add(id, await readPackIndex(store.#path(id, 'json')))
    return store
  }

  find(storedDigest: Digest): ChunkPlace | undefined {
    return this.#places.get(storedDigest)
  }

  places(): Iterable<ChunkPlace> {
    return this.#places.values()
  }

  /** What the pack files hold, chunks included that no image has any more. */
  storedBytes(): number {
    let bytes = 0
    for (const chunks of this.#packs.values()) bytes += bytesOf(chunks)
    return bytes
  }

  /** The same with what imports under way have written: quotas hold for all of them together. */
  claimedBytes(): number {
    let bytes = this.storedBytes()
    for (const { claimedBytes } of this.#holds) bytes += claimedBytes
    return bytes
  }

  hold(): ChunkHold {
    const kept = new Set<Digest>()
    const held: Held = { kept, claimedBytes: 0 }
    this.#holds.add(held)
    return {
      keepRaw: (rawDigest) => {
        const place = this.#byRawDigest.get(rawDigest)
        if (place !== undefined) kept.add(place.storedDigest)
        return place
      },
      keep: (storedDigest) => {
        kept.add(storedDigest)
        return this.#places.get(storedDigest)
      },
      claim: (bytes) => (held.claimedBytes += bytes),
      [Symbol.dispose]: () => void this.#holds.delete(held),
    }
  }

  /** Makes a written and synced file of chunks count. An empty list leaves nothing behind. */
  async addPack(draft: string, chunks: readonly PackedChunk[]): Promise<void> {
    if (chunks.length === 0) return rm(draft, { force: true })
    const id = randomUUID()
    await rename(draft, this.#path(id, 'pack'))
    await syncDirectory(this.#folder)
    await replaceFile(this.#path(id, 'json'), packIndexText(chunks))
    this.#add(id, chunks)
  }

  /**
   * Fills `into` with bytes of a chunk.
   *
   * @throws {ChunkMissingError} when it is not in the store
   * @throws {ChunkDamagedError} when its pack ends before it
   */
  async read(storedDigest: Digest, into: Uint8Array, from = 0): Promise<void> {
    const { file, position, release } = await this.openChunk(storedDigest)
    try {
      await readWhole(file, storedDigest, into, position + from)
    } finally {
      release()
    }
  }

  /**
   * The file that a chunk lies in, and where it begins there. Until it is released the bytes stay,
   * whatever is collected.
   *
   * @throws {ChunkMissingError} when it is not in the store
   */
  async openChunk(storedDigest: Digest): Promise<OpenPack & { readonly position: number }> {
    for (let attempt = 0; ; attempt++) {
      const place = this.#places.get(storedDigest)
      if (place === undefined) throw new ChunkMissingError(storedDigest)
      try {
        const pack = await this.#open.open(this.#path(place.packId, 'pack'))
        return { ...pack, position: place.offset }
      } catch (error) {
        // Between the look-up and the open, a collection may have moved the chunk to another pack.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt > 0) throw error
      }
    }
  }

  /**
   * The stored bytes of a chunk, checked.
   *
   * @throws {ChunkDamagedError} when they are not what was stored
   */
  async readChecked(place: ChunkPlace): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(place.storedBytes)
    await this.read(place.storedDigest, bytes)
    if (digestOf(bytes) !== place.storedDigest) throw new ChunkDamagedError(place.storedDigest)
    return bytes
  }

  /** Forgets a damaged chunk for good, so that the next import stores it anew. */
  async forget(storedDigest: Digest): Promise<void> {
    const place = this.#places.get(storedDigest)
    if (place === undefined) return
    const { packId } = place
    const rest = this.#packs.get(packId)?.filter((chunk) => chunk.storedDigest !== storedDigest)
    this.#places.delete(storedDigest)
    this.#byRawDigest.delete(place.rawDigest)
    if (rest === undefined || rest.length === 0) return this.#removePack(packId)
    this.#packs.set(packId, rest)
    await replaceFile(this.#path(packId, 'json'), packIndexText(rest))
  }

  /**
   * Removes chunks that are neither in `live` nor held by an import. A pack with little left in it is
   * written anew; one that is mostly alive stays as it is.
   *
   * @returns bytes of files that are gone
   */
  async collect(live: ReadonlySet<Digest>, draftFolder: string): Promise<number> {
    const before = this.storedBytes()
    const isLive = (chunk: PackedChunk, packId: string) =>
      this.#places.get(chunk.storedDigest)?.packId === packId &&
      (live.has(chunk.storedDigest) ||
        [...this.#holds].some(({ kept }) => kept.has(chunk.storedDigest)))
    for (const [packId, chunks] of [...this.#packs]) {
      const alive = chunks.filter((chunk) => isLive(chunk, packId))
      if (bytesOf(alive) > bytesOf(chunks) * mostlyAlive) continue
      // In this one step the rest can no longer be found, and so not be counted on by an import.
      this.#drop(packId, new Set(alive))
      if (alive.length > 0) await this.#rewrite(packId, alive, join(draftFolder, packId))
      await this.#removePack(packId)
    }
    return before - this.storedBytes()
  }

  /** What `collect` would remove if nothing were held. */
  deadBytes(live: ReadonlySet<Digest>): number {
    let bytes = 0
    for (const place of this.#places.values()) {
      if (!live.has(place.storedDigest)) bytes += place.storedBytes
    }
    return bytes
  }

  async #rewrite(packId: string, alive: readonly PackedChunk[], draft: string): Promise<void> {
    const moved: PackedChunk[] = []
    {
      await using old = await open(this.#path(packId, 'pack'))
      await using file = await open(draft, 'w')
      let offset = 0
      for (const chunk of alive) {
        const bytes = Buffer.allocUnsafeSlow(chunk.storedBytes)
        await readWhole(old, chunk.storedDigest, bytes, chunk.offset)
        await file.appendFile(bytes)
        moved.push({ ...chunk, offset })
        offset += bytes.length
      }
      await file.sync()
    }
    await this.addPack(draft, moved)
  }

  #drop(packId: string, alive: ReadonlySet<PackedChunk>): void {
    for (const chunk of this.#packs.get(packId) ?? []) {
      if (alive.has(chunk) || this.#places.get(chunk.storedDigest)?.packId !== packId) continue
      this.#places.delete(chunk.storedDigest)
      this.#byRawDigest.delete(chunk.rawDigest)
    }
  }

  /** The index first: a pack without one is swept at the next start. */
  async #removePack(packId: string): Promise<void> {
    this.#packs.delete(packId)
    this.#open.forget(this.#path(packId, 'pack'))
    await rm(this.#path(packId, 'json'), { force: true })
    await rm(this.#path(packId, 'pack'), { force: true })
    await syncDirectory(this.#folder)
  }

  /** What lies in a later pack wins: a collection writes the new pack before it removes the old one. */
  #add(packId: string, chunks: readonly PackedChunk[]): void {
    this.#packs.set(packId, chunks)
    for (const chunk of chunks) {
      const place = { ...chunk, packId }
      this.#places.set(chunk.storedDigest, place)
      this.#byRawDigest.set(chunk.rawDigest, place)
    }
  }

  #path(packId: string, suffix: 'pack' | 'json'): string {
    return join(this.#folder, `${packId}.${suffix}`)
  }
}

/** A pack whose live share is larger than this is not worth the writing. */
const mostlyAlive = 0.75

function bytesOf(chunks: readonly PackedChunk[]): number {
  return chunks.reduce((sum, { storedBytes }) => sum + storedBytes, 0)
}

async function readWhole(
  file: FileHandle,
  storedDigest: Digest,
  into: Uint8Array,
  position: number,
): Promise<void> {
  for (let filled = 0; filled < into.length;) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, position + filled)
    if (bytesRead === 0) throw new ChunkDamagedError(storedDigest)
    filled += bytesRead
  }
}
