import type { Clock } from '../../../base/clock.ts'

const windowMs = 10_000
const maximumRefusals = 20
const maximumAddresses = 10_000

/** Slows down who guesses tokens: so many refusals an address in ten seconds, then none is even looked at. */
export class RefusalCounter {
  readonly #clock: Clock
  readonly #counts = new Map<string, { count: number; readonly sinceMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(address: string): void {
    const entry = this.#current(address)
    if (entry !== undefined) {
      entry.count++
      return
    }
    if (this.#counts.size >= maximumAddresses) this.#counts.clear()
    this.#counts.set(address, { count: 1, sinceMs: this.#clock.monotonicMs() })
  }

  isOverLimit(address: string): boolean {
    return (this.#current(address)?.count ?? 0) >= maximumRefusals
  }

  #current(address: string) {
    const entry = this.#counts.get(address)
    const isOver = entry !== undefined && this.#clock.monotonicMs() - entry.sinceMs >= windowMs
    if (isOver) this.#counts.delete(address)
    return isOver ? undefined : entry
  }
}
