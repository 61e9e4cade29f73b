import type { ProgressReport } from '../../domain/workflow/run-desk.ts'
import type { FrameSender } from './frame-sender.ts'

/** Sends the newest progress of each run, one frame at a time: a slow reader skips what is outdated. */
export class ProgressRelay {
  readonly #id: string
  readonly #sender: FrameSender
  readonly #newest = new Map<string, ProgressReport>()
  #sending = false

  constructor(id: string, sender: FrameSender) {
    this.#id = id
    this.#sender = sender
  }

  push(report: ProgressReport): void {
    this.#newest.set(report.runId, report)
    if (!this.#sending) void this.#drain()
  }

  async #drain(): Promise<void> {
    this.#sending = true
    try {
      for (let report = this.#take(); report !== undefined; report = this.#take()) {
        await this.#sender.send({ frame: 'progress', id: this.#id, ...report })
      }
    } catch {
      // The connection is gone; its subscription ends by itself.
    } finally {
      this.#sending = false
    }
  }

  #take(): ProgressReport | undefined {
    const [first] = this.#newest.values()
    if (first !== undefined) this.#newest.delete(first.runId)
    return first
  }
}
