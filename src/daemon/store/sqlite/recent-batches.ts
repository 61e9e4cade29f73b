import type { RepaveEvent } from '../../../contract/event.ts'

/** Events that are kept in memory beside the database. */
const maximumEvents = 4096

/**
 * The newest events, as the batches in which they were announced: whoever fell behind a little gets the
 * very lists that the others got, and not one each from the database.
 */
export class RecentBatches {
  #batches: (readonly RepaveEvent[])[] = []
  #count = 0

  add(batch: readonly RepaveEvent[]): void {
    this.#batches.push(batch)
    this.#count += batch.length
    while (this.#count > maximumEvents && this.#batches.length > 1) {
      this.#count -= this.#batches.shift()?.length ?? 0
    }
  }

  /** What follows `seq` at once; undefined where that is older than what is kept, or not there yet. */
  batchAfter(seq: number): readonly RepaveEvent[] | undefined {
    if (seq + 1 < (this.#batches[0]?.[0]?.seq ?? Infinity)) return undefined
    const batch = this.#batches.find((each) => (each.at(-1)?.seq ?? 0) > seq)
    if (batch === undefined || (batch[0]?.seq ?? 0) > seq) return batch
    return batch.filter((event) => event.seq > seq)
  }
}
