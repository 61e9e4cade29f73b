import type { ProgressReport } from './run-desk.ts'

/** Passes live progress on to whoever listens; stores nothing. */
export class ProgressReports {
  readonly #listeners = new Set<(report: ProgressReport) => void>()

  listen(listener: (report: ProgressReport) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  publish(report: ProgressReport): void {
    for (const listener of this.#listeners) listener(report)
  }
}
