import type { TaskResult } from '../contract/agent-frames.ts'

interface Waiting {
  readonly result: TaskResult
  readonly acknowledged: PromiseWithResolvers<void>
  /** Sent since the timer last fired: its answer may be on the way. */
  fresh: boolean
}

/** Results that the daemon has not acknowledged yet, repeated until it does. */
export class ResultSpool implements Disposable {
  readonly #waiting = new Map<string, Waiting>()
  readonly #send: (result: TaskResult) => void
  readonly #timer: NodeJS.Timeout

  constructor(repeatEveryMs: number, send: (result: TaskResult) => void) {
    this.#send = send
    this.#timer = setInterval(() => this.#repeatOld(), repeatEveryMs)
  }

  /** Sends it now and again later. Resolves when it is acknowledged. */
  deliver(result: TaskResult): Promise<void> {
    const waiting = this.#waiting.get(result.attemptId) ?? {
      result,
      acknowledged: Promise.withResolvers<void>(),
      fresh: true,
    }
    this.#waiting.set(result.attemptId, waiting)
    this.#send(waiting.result)
    return waiting.acknowledged.promise
  }

  /** Sends all of them again, after a new connection. */
  repeat(): void {
    for (const { result } of this.#waiting.values()) this.#send(result)
  }

  acknowledge(attemptId: string): void {
    this.#waiting.get(attemptId)?.acknowledged.resolve()
    this.#waiting.delete(attemptId)
  }

  #repeatOld(): void {
    for (const waiting of this.#waiting.values()) {
      if (!waiting.fresh) this.#send(waiting.result)
      waiting.fresh = false
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
