import type { Clock } from '../base/clock.ts'

/**
 * The time as the daemon tells it. A machine's own clock may be wrong by years (a dead battery, a new
 * board), and what a receipt states must not be. Intervals are measured by the machine, which needs no date.
 */
export class DaemonClock implements Clock {
  readonly #own: Clock
  /** What the daemon said last, and the moment at which it did. */
  #told: { readonly daemonTimeMs: number; readonly atMs: number } | undefined

  constructor(own: Clock) {
    this.#own = own
  }

  setTo(daemonTimeMs: number): void {
    this.#told = { daemonTimeMs, atMs: this.#own.monotonicMs() }
  }

  /** The machine's own, until the daemon has said better. */
  nowMs(): number {
    if (this.#told === undefined) return this.#own.nowMs()
    const { daemonTimeMs, atMs } = this.#told
    return Math.round(daemonTimeMs + this.#own.monotonicMs() - atMs)
  }

  monotonicMs(): number {
    return this.#own.monotonicMs()
  }
}
