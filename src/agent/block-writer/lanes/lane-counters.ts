const fields = ['done', 'proven', 'fetched', 'decoded', 'disk', 'refetched', 'reconnects'] as const

export type CountedField = (typeof fields)[number]

/** What a lane waits for, or that it computes. */
export const laneStates = ['idle', 'network', 'processor', 'disk'] as const
export type LaneState = (typeof laneStates)[number]

const slotsPerLane = fields.length + 1

/**
 * What the lanes have done so far, in memory that they share with the one who shows it. Each lane writes
 * only its own row, so nothing is locked, and showing it disturbs no lane.
 */
export class LaneCounters {
  readonly memory: SharedArrayBuffer
  readonly #counts: Float64Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#counts = new Float64Array(memory)
  }

  static forLanes(count: number): LaneCounters {
    return new LaneCounters(new SharedArrayBuffer(count * slotsPerLane * 8))
  }

  add(lane: number, field: CountedField, count: number): void {
    const place = lane * slotsPerLane + fields.indexOf(field)
    this.#counts[place] = (this.#counts[place] ?? 0) + count
  }

  enter(lane: number, state: LaneState): void {
    this.#counts[lane * slotsPerLane + fields.length] = laneStates.indexOf(state)
  }

  /** Of all lanes together. */
  sum(field: CountedField): number {
    let total = 0
    for (let place = fields.indexOf(field); place < this.#counts.length; place += slotsPerLane) {
      total += this.#counts[place] ?? 0
    }
    return total
  }

  states(): LaneState[] {
    const laneCount = this.#counts.length / slotsPerLane
    return Array.from({ length: laneCount }, (_, lane) => {
      return laneStates[this.#counts[lane * slotsPerLane + fields.length] ?? 0] ?? 'idle'
    })
  }
}
