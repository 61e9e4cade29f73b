import type { Clock } from '../../../../base/clock.ts'
import type { FetchLimits } from './fetch-limits.ts'

/** Nothing comes any more; a new connection may help. */
export class StalledError extends Error {}

/** It comes so slowly that it would never end. */
export class TooSlowError extends Error {}

/**
 * Passes on what arrives, and fails when it comes too slowly. Only waiting counts: a reader that is
 * slower than the server is no fault of the server's.
 */
export class Pace {
  readonly #limits: FetchLimits
  readonly #clock: Clock
  #waitedMs = 0
  #windowMs = 0
  #windowBytes = 0

  constructor(limits: FetchLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  async *watch(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const parts = source[Symbol.asyncIterator]()
    try {
      for (;;) {
        const startedMs = this.#clock.monotonicMs()
        const next = await this.#inTime(parts.next())
        if (next.done === true) return
        this.#count(this.#clock.monotonicMs() - startedMs, next.value.length)
        yield next.value
      }
    } finally {
      // Not awaited: a source that stalls would hold its reader for ever.
      void parts.return?.().catch(() => {})
    }
  }

  async #inTime<Value>(arriving: Promise<Value>): Promise<Value> {
    const { idleMs } = this.#limits
    const { promise: stalled, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => reject(new StalledError(`nothing came for ${idleMs / 1000} s`)),
      idleMs,
    )
    try {
      return await Promise.race([arriving, stalled])
    } finally {
      clearTimeout(timer)
    }
  }

  #count(waitedMs: number, bytes: number): void {
    const { paceMs, leastBytes, totalMs } = this.#limits
    this.#waitedMs += waitedMs
    if (this.#waitedMs > totalMs) throw new TooSlowError(`it takes longer than ${totalMs / 1000} s`)
    this.#windowMs += waitedMs
    this.#windowBytes += bytes
    if (this.#windowMs < paceMs) return
    if (this.#windowBytes < leastBytes) {
      throw new TooSlowError(`only ${this.#windowBytes} bytes came in ${paceMs / 1000} s`)
    }
    this.#windowMs = 0
    this.#windowBytes = 0
  }
}
