import type { ByteRange } from '../write-plan.ts'
import { writableParts } from '../write-plan.ts'
import type { TableChunk } from './chunk-table.ts'
import type { LaneTools } from './lane-tools.ts'

/**
 * Writes that go on while the next chunk is decoded. As many are under way as the lane has buffers; the
 * first failure is thrown at the next turn, and no write is begun after it.
 */
export class WriteBehind {
  readonly #lane: LaneTools
  readonly #free: Buffer[]
  readonly #underWay = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined

  constructor(lane: LaneTools) {
    this.#lane = lane
    this.#free = [...lane.raw]
  }

  /** A buffer that no write needs any more. @throws whatever an earlier write has thrown */
  async buffer(): Promise<Buffer> {
    this.#lane.enter('disk')
    for (;;) {
      this.#throwFailure()
      const buffer = this.#free.pop()
      if (buffer !== undefined) {
        this.#lane.enter('processor')
        return buffer
      }
      await Promise.race(this.#underWay)
    }
  }

  /** Begins to write what of the chunk is not held back. `buffer` is free again when that is done. */
  write(chunk: TableChunk, raw: Buffer, buffer: Buffer): void {
    const { heldBack } = this.#lane
    heldBack.keep(chunk, raw)
    const parts = writableParts(chunk, heldBack.ranges)
    const writing = this.#write(chunk, raw, parts)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#underWay.delete(writing)
        this.#free.push(buffer)
      })
    this.#underWay.add(writing)
  }

  /** Waits for all writes, also after a failure: then no buffer is in use any more. */
  async rest(): Promise<void> {
    this.#lane.enter('disk')
    await Promise.all(this.#underWay)
    this.#lane.enter('idle')
    this.#throwFailure()
  }

  async #write(chunk: TableChunk, raw: Buffer, parts: readonly ByteRange[]): Promise<void> {
    const { target, count } = this.#lane
    for (const { offset, length } of parts) {
      const start = offset - chunk.offset
      await target.write(raw.subarray(start, start + length), offset)
      count('disk', length)
    }
    count('done', chunk.rawBytes)
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
