import type { Clock } from '../../src/base/clock.ts'
import type { Timers } from '../../src/daemon/domain/workflow/timers.ts'

interface Wait {
  readonly atMs: number
  readonly callback: () => void
}

/** A clock that stands still until a test moves it, and timers that ring as it passes them. */
export class ManualTime implements Clock, Timers {
  #monotonicMs = 0
  #wallOffsetMs: number
  readonly #waits = new Set<Wait>()

  constructor(nowMs = 1_700_000_000_000) {
    this.#wallOffsetMs = nowMs
  }

  nowMs(): number {
    return this.#wallOffsetMs + this.#monotonicMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const wait = { atMs: this.#monotonicMs + delayMs, callback }
    this.#waits.add(wait)
    return () => this.#waits.delete(wait)
  }

  /** Rings every timer on the way, earliest first. */
  advance(milliseconds: number): void {
    const untilMs = this.#monotonicMs + milliseconds
    for (let next = this.#earliest(); next && next.atMs <= untilMs; next = this.#earliest()) {
      this.#waits.delete(next)
      this.#monotonicMs = Math.max(this.#monotonicMs, next.atMs)
      next.callback()
    }
    this.#monotonicMs = untilMs
  }

  /** Sets the wall clock forward or back, as NTP may. */
  jumpWallClock(milliseconds: number): void {
    this.#wallOffsetMs += milliseconds
  }

  #earliest(): Wait | undefined {
    return [...this.#waits].sort((left, right) => left.atMs - right.atMs)[0]
  }
}
