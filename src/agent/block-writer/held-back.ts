import type { CommitPermit } from '../../stream/verified.ts'
import { alignedLength, allocateOne, allocatePages } from './aligned-memory.ts'
import { clearRanges } from './clear-ranges.ts'
import type { DiskMedium } from './disk-medium.ts'
import { DiskIoError } from './errors.ts'
import type { ByteRange } from './write-plan.ts'

type ChunkPlace = Pick<{ offset: number; rawBytes: number }, 'offset' | 'rawBytes'>

/** What another thread needs to keep its share. */
export interface HeldBackMemory {
  readonly ranges: readonly ByteRange[]
  readonly pages: ArrayBuffer
}

/**
 * The parts of the image that make a disk bootable, kept in memory until the rest is proven. Each lies
 * within one chunk; the memory is shared by all threads of a write.
 */
export class HeldBack {
  readonly memory: HeldBackMemory
  readonly #parts: readonly { readonly range: ByteRange; readonly bytes: Buffer }[]

  constructor(memory: HeldBackMemory) {
    this.memory = memory
    let start = 0
    this.#parts = memory.ranges.map((range) => {
      const bytes = Buffer.from(memory.pages, start, range.length)
      start += alignedLength(range.length)
      return { range, bytes }
    })
  }

  static of(ranges: readonly ByteRange[]): HeldBack {
    const lengthBytes = ranges.reduce((sum, { length }) => sum + alignedLength(length), 0)
    return new HeldBack({ ranges, pages: allocatePages(lengthBytes, true) })
  }

  get lengthBytes(): number {
    return this.#parts.reduce((sum, { range }) => sum + range.length, 0)
  }

  get ranges(): readonly ByteRange[] {
    return this.memory.ranges
  }

  /** Keeps what of a chunk is held back. `raw` starts with the chunk. */
  keep(chunk: ChunkPlace, raw: Buffer): void {
    for (const { bytes, start } of this.#within(chunk)) raw.copy(bytes, 0, start)
  }

  /** Puts what was kept in its place in `raw`, for reading back the chunk as a whole. */
  restore(chunk: ChunkPlace, raw: Buffer): void {
    for (const { bytes, start } of this.#within(chunk)) bytes.copy(raw, start)
  }

  /**
   * Makes the disk bootable. The permit says that all the rest is on it. The first sector goes last and
   * alone, when the other parts are on the medium: a disk writes one sector whole or not at all, so the
   * step from a disk that firmware passes over to one that boots the whole image has no middle. If
   * anything fails all of it is cleared again, as far as the disk still listens. Read back unless the
   * permit waives it.
   *
   * @throws {DiskIoError} also when what was written reads back differently
   */
  async commit(target: DiskMedium, permit: CommitPermit): Promise<void> {
    const [first, ...others] = this.#parts
    try {
      for (const parts of [others, first === undefined ? [] : [first]]) {
        if (parts.length === 0) continue
        for (const { range, bytes } of parts) await target.write(bytes, range.offset)
        await target.flush()
        if (permit.readBack === 'waived') continue
        for (const { range, bytes } of parts) await requireSame(target, range, bytes)
      }
    } catch (error) {
      await this.#clear(target)
      throw error
    }
  }

  async #clear(target: DiskMedium): Promise<void> {
    try {
      await clearRanges(target, this.ranges)
    } catch {
      // The failure that led here is the one to report; this disk takes no more writes.
    }
  }

  #within(chunk: ChunkPlace): { bytes: Buffer; start: number }[] {
    return this.#parts
      .map(({ range, bytes }) => ({ bytes, start: range.offset - chunk.offset }))
      .filter(({ start }) => start >= 0 && start < chunk.rawBytes)
  }
}

async function requireSame(target: DiskMedium, range: ByteRange, bytes: Buffer): Promise<void> {
  const found = allocateOne(range.length)
  await target.read(found, range.offset)
  if (!found.equals(bytes)) {
    throw new DiskIoError('read', range.offset, 'it reads back differently than it was written')
  }
}
