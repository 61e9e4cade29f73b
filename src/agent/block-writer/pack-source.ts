import { setTimeout as delay } from 'node:timers/promises'

import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/coded-error.ts'
import { FetchFailedError } from './errors.ts'
import { RangeConnection } from './range-connection.ts'

export interface PackSourceOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly log: (line: string) => void
  readonly onBytes: (count: number) => void
  /** Told each time that a range has to be asked for again. */
  readonly onReconnect: () => void
  /** How long to go on without a single byte arriving. Default 120 s: a daemon may restart. */
  readonly patienceMs?: number
  /** To speak from. Default: as the kernel chooses. */
  readonly localAddress?: string | undefined
}

const shortestWaitMs = 200
const longestWaitMs = 5_000

/** Where stored chunks come from. Reads may overlap; they are served in the order in which they were asked for. */
export interface PackReader extends Disposable {
  /** Fills `target` with the pack's bytes from `offset` on. */
  read(target: Uint8Array, offset: number): Promise<void>
}

/**
 * One lane's way to a pack: a connection that is made again when it breaks, and goes on behind the
 * bytes that have arrived.
 */
export class PackSource implements PackReader {
  readonly #options: PackSourceOptions
  readonly #connection: RangeConnection
  /** Of any read: one that stands behind another is not without hope while that one gets its bytes. */
  #lastByteMs = 0
  readonly #close = () => this.#connection.close()

  constructor(url: URL, options: PackSourceOptions) {
    this.#options = options
    this.#connection = new RangeConnection(url, options.localAddress)
    options.signal.addEventListener('abort', this.#close)
  }

  /**
   * Fills `target` with the pack's bytes from `offset` on.
   *
   * @throws {FetchFailedError} when the daemon refuses the range, or nothing has come for `patienceMs`
   */
  async read(target: Uint8Array, offset: number): Promise<void> {
    const { clock, signal, onBytes, onReconnect, log, patienceMs = 120_000 } = this.#options
    let received = 0
    let waitMs = shortestWaitMs
    this.#lastByteMs = clock.monotonicMs()
    while (received < target.length) {
      signal.throwIfAborted()
      try {
        await this.#connection.fetchInto(target.subarray(received), offset + received, (count) => {
          received += count
          this.#lastByteMs = clock.monotonicMs()
          waitMs = shortestWaitMs
          onBytes(count)
        })
      } catch (error) {
        signal.throwIfAborted()
        if (!mayPass(error) || clock.monotonicMs() - this.#lastByteMs > patienceMs) throw error
        onReconnect()
        log(`${messageOf(error)}; going on at byte ${offset + received}`)
        await delay(waitMs, undefined, { signal }).catch(() => undefined)
        waitMs = Math.min(waitMs * 2, longestWaitMs)
      }
    }
  }

  [Symbol.dispose](): void {
    this.#options.signal.removeEventListener('abort', this.#close)
    this.#connection.close()
  }
}

/** A broken connection and a server's own trouble pass; an answer that the request is wrong does not. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof FetchFailedError)) return false
  return error.status === undefined || error.status >= 500
}
