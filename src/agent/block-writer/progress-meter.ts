import type { Clock } from '../../base/clock.ts'
import type { WriteProgress } from '../../contract/run.ts'
import { type CountedField, LaneCounters, type LaneState } from './lanes/lane-counters.ts'

const sampleEveryMs = 100
const reportEveryMs = 250
const averageOverMs = 5_000

interface Sample {
  readonly atMs: number
  readonly done: number
  readonly fetched: number
  readonly decoded: number
  readonly disk: number
  readonly states: readonly LaneState[]
}

/**
 * Tells how a write goes: at most four times a second, with averages over five seconds. It looks at what
 * the lanes count for themselves, so a lane or a disk that stands still does not keep it from telling so.
 */
export class ProgressMeter {
  readonly #clock: Clock
  readonly #report: (progress: WriteProgress) => void
  #counters = LaneCounters.forLanes(0)
  #phase: WriteProgress['phase'] = 'write'
  #totalBytes = 0
  #doneBefore = 0
  #doneHere = 0
  #stateHere: LaneState = 'idle'
  #samples: Sample[] = []
  #reportedAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, report: (progress: WriteProgress) => void) {
    this.#clock = clock
    this.#report = report
  }

  /** Of all phases, as a receipt states it. */
  get transfer(): { bytesFetched: number; chunksRefetched: number; reconnects: number } {
    const sum = (field: CountedField) => this.#counters.sum(field)
    return {
      bytesFetched: sum('fetched'),
      chunksRefetched: sum('refetched'),
      reconnects: sum('reconnects'),
    }
  }

  /** Looks at these counters ten times a second until it is disposed. */
  follow(counters: LaneCounters): Disposable {
    this.#counters = counters
    const timer = setInterval(() => this.look(), sampleEveryMs)
    return { [Symbol.dispose]: () => clearInterval(timer) }
  }

  /** Begins a phase, and reports it at once. */
  begin(phase: WriteProgress['phase'], totalBytes: number): void {
    this.#phase = phase
    this.#totalBytes = totalBytes
    this.#doneBefore = this.#counters.sum('done')
    this.#doneHere = 0
    this.#samples = [this.#sample()]
    this.#send()
  }

  /** Bytes that the caller itself has done in this phase, beside those of the lanes; less than none takes back. */
  done(bytes: number): void {
    this.#doneHere += bytes
  }

  /** What the caller itself is at, while the lanes rest. */
  enter(state: LaneState): void {
    this.#stateHere = state
  }

  /** Ends the phase: what was done is reported, however little time has passed. */
  end(): void {
    this.#samples.push(this.#sample())
    this.#send()
  }

  /** Takes a sample, and reports when that is due. */
  look(): void {
    const now = this.#sample()
    this.#samples.push(now)
    const recent = this.#samples.findIndex(({ atMs }) => atMs >= now.atMs - averageOverMs)
    this.#samples = this.#samples.slice(Math.max(0, recent))
    if (now.atMs >= this.#reportedAtMs + reportEveryMs) this.#send()
  }

  #sample(): Sample {
    const sum = (field: CountedField) => this.#counters.sum(field)
    return {
      atMs: this.#clock.monotonicMs(),
      done: sum('done') - this.#doneBefore + this.#doneHere,
      ...{ fetched: sum('fetched'), decoded: sum('decoded'), disk: sum('disk') },
      states: [...this.#counters.states(), this.#stateHere],
    }
  }

  #send(): void {
    const last = this.#samples.at(-1)
    if (last === undefined) return
    this.#reportedAtMs = last.atMs
    const bottleneck = mostFrequent(this.#samples.flatMap(({ states }) => states))
    this.#report({
      phase: this.#phase,
      doneBytes: last.done,
      totalBytes: this.#totalBytes,
      provenBytes: this.#counters.sum('proven'),
      fetchedBytes: last.fetched,
      bytesPerSecond: this.#rate('done'),
      networkBytesPerSecond: this.#rate('fetched'),
      decodeBytesPerSecond: this.#rate('decoded'),
      diskBytesPerSecond: this.#rate('disk'),
      ...(bottleneck === undefined ? {} : { bottleneck }),
      chunksRefetched: this.#counters.sum('refetched'),
    })
  }

  #rate(count: 'done' | 'fetched' | 'decoded' | 'disk'): number {
    const [oldest] = this.#samples
    const newest = this.#samples.at(-1)
    if (oldest === undefined || newest === undefined) return 0
    const elapsedMs = newest.atMs - oldest.atMs
    return elapsedMs <= 0 ? 0 : Math.round(((newest[count] - oldest[count]) * 1000) / elapsedMs)
  }
}

/** What the lanes were most often found at, apart from nothing. */
function mostFrequent(states: readonly LaneState[]): Exclude<LaneState, 'idle'> | undefined {
  const busy = ['disk', 'network', 'processor'] as const
  const counted = busy.map((state) => ({
    state,
    count: states.filter((found) => found === state).length,
  }))
  const [most] = counted.toSorted((left, right) => right.count - left.count)
  return most === undefined || most.count === 0 ? undefined : most.state
}
