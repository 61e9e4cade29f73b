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
