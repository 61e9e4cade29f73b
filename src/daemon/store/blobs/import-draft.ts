import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Digest } from '../../../base/digest.ts'
import type { ChunkHold, ChunkStore } from './chunk-store.ts'
import { requireSpace, type SpaceLimits, writingInto } from './image-space.ts'
import type { PackedChunk } from './pack-index.ts'

export interface DraftFolder extends SpaceLimits {
  readonly chunks: ChunkStore
  /** Where drafts lie until they count; swept at the start. */
  readonly draftFolder: string
}

let draftsBegun = 0

/** New chunks of one import, and its hold on those that are stored already. Gone when it is disposed. */
export class ImportDraft implements AsyncDisposable {
  readonly hold: ChunkHold
  readonly #folder: DraftFolder
  readonly #path: string
  readonly #file: FileHandle
  readonly #added = new Map<Digest, PackedChunk>()
  #bytes = 0

  private constructor(folder: DraftFolder, path: string, file: FileHandle) {
    this.#folder = folder
    this.#path = path
    this.#file = file
    this.hold = folder.chunks.hold()
  }

  static async begin(folder: DraftFolder): Promise<ImportDraft> {
    await mkdir(folder.draftFolder, { recursive: true })
    const path = join(folder.draftFolder, `${process.pid}-${draftsBegun++}.pack`)
    return new ImportDraft(folder, path, await open(path, 'wx'))
  }

  /**
   * Adds a chunk, unless it is in the draft already.
   *
   * @throws {ImageSpaceError}
   */
  async add(stored: Uint8Array, facts: Omit<PackedChunk, 'offset' | 'storedBytes'>): Promise<void> {
    if (this.#added.has(facts.storedDigest)) return
    const { chunks, draftFolder } = this.#folder
    await requireSpace(draftFolder, stored.length, chunks.claimedBytes(), this.#folder)
    this.hold.claim(stored.length)
    await writingInto(() => this.#file.appendFile(stored))
    this.hold.keep(facts.storedDigest)
    const place = { offset: this.#bytes, storedBytes: stored.length }
    this.#added.set(facts.storedDigest, { ...facts, ...place })
    this.#bytes += stored.length
  }

  /** Makes the new chunks count. The hold on them ends with the draft: an image must have them by then. */
  async commit(): Promise<void> {
    await writingInto(() => this.#file.sync())
    await this.#folder.chunks.addPack(this.#path, [...this.#added.values()])
    this.hold.claim(-this.#bytes)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hold[Symbol.dispose]()
    await this.#file.close()
    await rm(this.#path, { force: true })
  }
}
