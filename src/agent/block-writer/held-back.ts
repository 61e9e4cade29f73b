import type { VerifiedImage } from '../../stream/verified.ts'
import { allocateOne } from './aligned-memory.ts'
import { DiskIoError } from './errors.ts'
import type { DiskMedium } from './disk-medium.ts'
import type { ByteRange, PlannedChunk } from './write-plan.ts'

/**
 * The parts of the image that make a disk bootable, kept in memory until the rest is proven. Each
 * lies within one chunk.
 */
export class HeldBack {
  readonly #parts: readonly { readonly range: ByteRange; readonly bytes: Buffer }[]

  constructor(ranges: readonly ByteRange[]) {
    this.#parts = ranges.map((range) => ({ range, bytes: allocateOne(range.length) }))
  }

  get lengthBytes(): number {
    return this.#parts.reduce((sum, { range }) => sum + range.length, 0)
  }

  /** Keeps what of a chunk is held back. `raw` starts with the chunk. */
  keep(chunk: PlannedChunk, raw: Buffer): void {
    for (const { bytes, start } of this.#within(chunk)) raw.copy(bytes, 0, start)
  }

  /** Puts what was kept in its place in `raw`, for reading back the chunk as a whole. */
  restore(chunk: PlannedChunk, raw: Buffer): void {
    for (const { bytes, start } of this.#within(chunk)) bytes.copy(raw, start)
  }

  /**
   * Makes the disk bootable. The proof says that all the rest is on it. The head goes last; if
   * anything fails all of it is cleared again, as far as the disk still listens.
   *
   * @throws {DiskIoError} also when what was written reads back differently
   */
  async commit(target: DiskMedium, _proof: VerifiedImage): Promise<void> {
    try {
      for (const { range, bytes } of this.#parts.toReversed()) {
        await target.write(bytes, range.offset)
      }
      await target.flush()
      for (const { range, bytes } of this.#parts) await requireSame(target, range, bytes)
    } catch (error) {
      await this.#clear(target)
      throw error
    }
  }

  async #clear(target: DiskMedium): Promise<void> {
    const longest = Math.max(...this.#parts.map(({ bytes }) => bytes.length))
    const zeros = allocateOne(longest)
    try {
      for (const { range } of this.#parts) {
        await target.write(zeros.subarray(0, range.length), range.offset)
      }
      await target.flush()
    } catch {
      // The failure that led here is the one to report; this disk takes no more writes.
    }
  }

  #within(chunk: PlannedChunk): { bytes: Buffer; start: number }[] {
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
