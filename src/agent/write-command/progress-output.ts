import type { Clock } from '../../base/clock.ts'
import type { WriteProgress } from '../../contract/run.ts'
import { progressLine } from './write-text.ts'

const lineEveryMs = 5_000
const stalledAfterMs = 10_000

/** One line that is drawn again on a terminal, elsewhere a line when a phase begins and every five seconds. */
export class ProgressOutput {
  readonly #stream: NodeJS.WriteStream
  readonly #clock: Clock
  #phase: WriteProgress['phase'] | undefined
  #doneBytes = -1
  #advancedAtMs = 0
  #lineAtMs = 0

  constructor(stream: NodeJS.WriteStream, clock: Clock) {
    this.#stream = stream
    this.#clock = clock
  }

  show(progress: WriteProgress): void {
    const nowMs = this.#clock.monotonicMs()
    const isNewPhase = progress.phase !== this.#phase
    if (isNewPhase || progress.doneBytes !== this.#doneBytes) this.#advancedAtMs = nowMs
    this.#phase = progress.phase
    this.#doneBytes = progress.doneBytes
    const stillMs = nowMs - this.#advancedAtMs
    const line = progressLine(progress, stillMs > stalledAfterMs ? stillMs : 0)
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\u001b[K${line.slice(0, this.#stream.columns - 1)}`)
    } else if (isNewPhase || nowMs >= this.#lineAtMs + lineEveryMs) {
      this.#lineAtMs = nowMs
      this.#stream.write(`${line}\n`)
    }
  }

  /** A line of its own, above what is drawn again. */
  say(line: string): void {
    this.#stream.write(this.#stream.isTTY ? `\r\u001b[K${line}\n` : `${line}\n`)
  }
}
