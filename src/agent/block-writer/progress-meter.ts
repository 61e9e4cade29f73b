import type { Clock } from '../../base/clock.ts'
import type { WriteProgress } from '../../contract/run.ts'

const reportEveryMs = 250
const averageOverMs = 5_000

interface Sample {
  readonly atMs: number
  readonly doneBytes: number
}

/** Counts a write's bytes and reports them at most four times a second, with a five-second average. */
export class ProgressMeter {
  readonly #clock: Clock
  readonly #report: (progress: WriteProgress) => void
  #phase: WriteProgress['phase'] = 'write'
  #totalBytes = 0
  #doneBytes = 0
  #fetchedBytes = 0
  #chunksRefetched = 0
  #samples: Sample[] = []
  #reportedAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, report: (progress: WriteProgress) => void) {
    this.#clock = clock
    this.#report = report
  }

  get fetchedBytes(): number {
    return this.#fetchedBytes
  }

  get chunksRefetched(): number {
    return this.#chunksRefetched
  }

  /** Begins a phase, and reports it at once. */
  begin(phase: WriteProgress['phase'], totalBytes: number): void {
    this.#phase = phase
    this.#totalBytes = totalBytes
    this.#doneBytes = 0
    this.#samples = [{ atMs: this.#clock.monotonicMs(), doneBytes: 0 }]
    this.#send()
  }

  /** Bytes of the raw image done in this phase. */
  done(bytes: number): void {
    this.#doneBytes += bytes
    const dueMs = this.#reportedAtMs + reportEveryMs
    if (this.#clock.monotonicMs() >= dueMs || this.#doneBytes === this.#totalBytes) this.#send()
  }

  fetched(bytes: number): void {
    this.#fetchedBytes += bytes
  }

  refetched(): void {
    this.#chunksRefetched++
  }

  #send(): void {
    this.#reportedAtMs = this.#clock.monotonicMs()
    this.#report({
      phase: this.#phase,
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      fetchedBytes: this.#fetchedBytes,
      bytesPerSecond: this.#average(),
      chunksRefetched: this.#chunksRefetched,
    })
  }

  #average(): number {
    const now = { atMs: this.#clock.monotonicMs(), doneBytes: this.#doneBytes }
    this.#samples.push(now)
    const recent = this.#samples.findIndex(({ atMs }) => atMs >= now.atMs - averageOverMs)
    this.#samples = this.#samples.slice(Math.max(0, recent))
    const [oldest = now] = this.#samples
    const elapsedMs = now.atMs - oldest.atMs
    if (elapsedMs <= 0) return 0
    return Math.round(((now.doneBytes - oldest.doneBytes) * 1000) / elapsedMs)
  }
}
