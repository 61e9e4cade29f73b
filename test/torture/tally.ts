import { availableParallelism } from 'node:os'

import { Random } from '../fakes/seeded-random.ts'

export interface TortureOptions {
  /** How many points. */
  readonly count: number
  /** The same seed gives the same faults; what threads make of them may differ. */
  readonly seed: number
  readonly print: (line: string) => void
}

export interface PointResult {
  /** Results of one kind are counted together. */
  readonly outcome: string
  readonly isGood: boolean
  /** Told where it is not good. */
  readonly story: string
}

/** Points at a time: each waits for its disk more than it computes. */
const pointsAtATime = 2 * availableParallelism()

/**
 * Runs every point, several at a time, each with luck of its own.
 *
 * @param what was to hold at every point
 * @returns whether it did
 */
export async function tortureEach(
  { count, seed, print }: TortureOptions,
  what: string,
  torture: (random: Random) => Promise<PointResult>,
): Promise<boolean> {
  const tally = new Tally(count, print)
  let next = 0
  const runSome = async () => {
    for (let point = next++; point < count; point = next++) {
      const result = await torture(new Random(seed + point))
      tally.add({ ...result, story: `seed ${seed + point}, ${result.story}` })
    }
  }
  // All come to rest before a failure is told: they share what the caller then takes away.
  const ends = await Promise.allSettled(Array.from({ length: pointsAtATime }, runSome))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return tally.verdict(what, seed)
}

/** Counts what came of each point, and says so. */
export class Tally {
  readonly #count: number
  readonly #print: (line: string) => void
  readonly #outcomes = new Map<string, number>()
  #done = 0
  #good = 0

  constructor(count: number, print: (line: string) => void) {
    this.#count = count
    this.#print = print
  }

  add({ outcome, isGood, story }: PointResult): void {
    this.#done++
    if (isGood) this.#good++
    else this.#print(`point ${this.#done} is lost: ${story}`)
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
    if (this.#done % 20 === 0) this.#print(`${this.#good} of ${this.#done} so far`)
  }

  /** Prints the sums. @returns whether every point was good, and there was one */
  verdict(what: string, seed: number): boolean {
    for (const [outcome, times] of [...this.#outcomes].toSorted(([left], [right]) =>
      left.localeCompare(right),
    )) {
      this.#print(`${String(times).padStart(6)}  ${outcome}`)
    }
    this.#print(`${this.#good} of ${this.#count}: ${what} (seed ${seed})`)
    return this.#good === this.#count && this.#count > 0
  }
}
