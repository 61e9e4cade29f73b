import type { RepaveEvent } from '../../../contract/event.ts'

/** Text of bodies that is kept in memory beside the database. */
const maximumCharacters = 16 * 1024 * 1024
/** What an event takes beside its body. */
const roughEventCharacters = 200

interface KeptBatch {
  readonly events: readonly RepaveEvent[]
  readonly characters: number
}

/**
 * The newest events, as the batches in which they were announced: everybody who follows them gets the
 * very same lists, and not one each from the database.
 */
export class RecentBatches {
  readonly #batches: KeptBatch[] = []
  #characters = 0

  /** @param bodyCharacters length of all their bodies as JSON */
  add(events: readonly RepaveEvent[], bodyCharacters: number): void {
    const characters = bodyCharacters + events.length * roughEventCharacters
    this.#batches.push({ events, characters })
    this.#characters += characters
    let dropped = 0
    while (this.#characters > maximumCharacters && dropped < this.#batches.length - 1) {
      this.#characters -= this.#batches[dropped++]?.characters ?? 0
    }
    if (dropped > 0) this.#batches.splice(0, dropped)
  }

  /** What follows `seq` at once; undefined where that is older than what is kept, or not there yet. */
  batchAfter(seq: number): readonly RepaveEvent[] | undefined {
    if (seq + 1 < (this.#batches[0]?.events[0]?.seq ?? Infinity)) return undefined
    let low = 0
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#batches[middle]?.events.at(-1)?.seq ?? 0) > seq) high = middle
      else low = middle + 1
    }
    const events = this.#batches[low]?.events
    if (events === undefined || (events[0]?.seq ?? 0) > seq) return events
    return events.filter((event) => event.seq > seq)
  }
}
