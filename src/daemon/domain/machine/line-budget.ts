import type { Clock } from '../../../base/clock.ts'

const burstLines = 500
const linesPerSecond = 50

/** Lets through so many lines of log as an agent may store, and says how many it left out. */
export class LineBudget {
  readonly #clock: Clock
  #left = burstLines
  #atMs: number
  #dropped = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#atMs = clock.monotonicMs()
  }

  take(lines: readonly string[]): string[] {
    const nowMs = this.#clock.monotonicMs()
    const earned = ((nowMs - this.#atMs) / 1000) * linesPerSecond
    this.#left = Math.min(burstLines, this.#left + earned)
    this.#atMs = nowMs
    const kept = lines.slice(0, Math.floor(this.#left))
    this.#left -= kept.length
    const before = this.#dropped
    this.#dropped += lines.length - kept.length
    if (kept.length === 0 || before === 0) return kept
    this.#dropped = lines.length - kept.length
    return [`(${before} lines left out: too many at once)`, ...kept]
  }
}
