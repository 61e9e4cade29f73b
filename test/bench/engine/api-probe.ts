import { setTimeout as sleep } from 'node:timers/promises'

import {
  type DaemonConnection,
  readJson,
  sendRequest,
} from '../../../src/operator-client/daemon-request.ts'

/** Asks for one thing after the other, ten times a second, and keeps how long each answer took. */
export class ApiProbe implements AsyncDisposable {
  readonly latenciesMs: number[] = []
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>

  constructor(connection: DaemonConnection, paths: readonly string[]) {
    this.#ended = this.#ask(connection, paths)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }

  async #ask(connection: DaemonConnection, paths: readonly string[]): Promise<void> {
    for (let turn = 0; !this.#stop.signal.aborted; turn++) {
      const path = paths[turn % paths.length] ?? ''
      const beforeMs = performance.now()
      await readJson(await sendRequest(connection, { path, end: (query) => query.end() }))
      this.latenciesMs.push(performance.now() - beforeMs)
      await sleep(100)
    }
  }
}

/** The smallest of the values that so large a share (0 to 1) does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
