import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { inertText } from '../../../../base/ascii.ts'
import type { Clock } from '../../../../base/clock.ts'
import { CodedError, messageOf } from '../../../../base/coded-error.ts'
import type { ImportOrder } from '../../../domain/image/import-source.ts'
import type { FetchedBytes } from '../import-sources.ts'
import type { AddressGuard } from './address-guard.ts'
import { type Answer, findRestFault, readFirstAnswer } from './answer-head.ts'
import { FetchChangedError, FetchFailedError, UrlRefusedError } from './errors.ts'
import type { FetchLimits } from './fetch-limits.ts'
import { requestGuarded, type ResolveHost, shownUrl } from './guarded-request.ts'
import { Pace, TooSlowError } from './paced.ts'

export interface FetchOptions {
  readonly guard: AddressGuard
  readonly resolve: ResolveHost
  readonly limits: FetchLimits
  readonly clock: Clock
}

/**
 * A file of another server. A connection that breaks is continued where it broke, as long as the server
 * vouches that the file is still the same.
 *
 * @throws {UrlRefusedError} at once, when the address can never be fetched
 */
export function fetchBytes(
  text: string,
  { checksum, signal }: Pick<ImportOrder, 'checksum' | 'signal'>,
  options: FetchOptions,
): FetchedBytes {
  if (!URL.canParse(text)) throw new UrlRefusedError('the address', 'it is no URL')
  const url = new URL(text)
  if (url.protocol === 'http:' && checksum === undefined) {
    throw new UrlRefusedError(
      shownUrl(url),
      'over http anybody on the way may change it',
      'give its --sha256 or --sha512, or use https',
    )
  }
  const fetching = new Fetching(url, { checksum, signal, ...options })
  return {
    origin: { kind: 'url', url: shownUrl(url) },
    bytes: fetching.bytes(),
    sizeBytes: () => fetching.totalBytes,
  }
}

interface FetchWishes {
  readonly checksum: string | undefined
  readonly signal: AbortSignal | undefined
}

class Fetching {
  readonly #url: URL
  readonly #options: FetchOptions & FetchWishes
  readonly #pace: Pace
  #first: Answer | undefined
  #receivedBytes = 0
  #failures = 0

  constructor(url: URL, options: FetchOptions & FetchWishes) {
    this.#url = url
    this.#options = options
    this.#pace = new Pace(options.limits, options.clock)
  }

  get totalBytes(): number | undefined {
    return this.#first?.totalBytes
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      try {
        yield* this.#connection()
        return
      } catch (error) {
        await this.#afterFailure(error)
      }
    }
  }

  /** One connection: from where the last one broke to the end. */
  async *#connection(): AsyncGenerator<Uint8Array> {
    const response = await this.#ask()
    try {
      for await (const part of this.#pace.watch(response as AsyncIterable<Uint8Array>)) {
        this.#receivedBytes += part.length
        this.#failures = 0
        yield part
      }
    } finally {
      response.destroy()
    }
  }

  async #ask(): Promise<IncomingMessage> {
    const { guard, resolve, limits, signal } = this.#options
    const { response } = await requestGuarded({
      ...{ url: this.#url, guard, resolve, signal, headMs: limits.headMs },
      headers: this.#rangeHeaders(),
    })
    try {
      this.#check(response)
    } catch (error) {
      response.destroy()
      throw error
    }
    return response
  }

  #rangeHeaders(): Record<string, string> {
    if (this.#first?.validator === undefined || this.#receivedBytes === 0) return {}
    return { range: `bytes=${this.#receivedBytes}-`, 'if-range': this.#first.validator }
  }

  #check(response: IncomingMessage): void {
    if (this.#first !== undefined && this.#receivedBytes > 0) {
      const fault = findRestFault(response, this.#first, this.#receivedBytes)
      if (fault === 'changed') throw new FetchChangedError(shownUrl(this.#url))
      if (fault !== undefined) throw this.#failure(fault.reason, fault.isPassing)
      return
    }
    const reading = readFirstAnswer(response)
    if (!reading.ok) throw this.#failure(reading.reason, reading.isPassing)
    const isChunked = response.headers['transfer-encoding'] !== undefined
    if (
      reading.answer.totalBytes === undefined &&
      !isChunked &&
      this.#options.checksum === undefined
    ) {
      // Its end is the end of the connection: nothing tells a whole file from a cut one.
      throw this.#failure('the server does not say how long it is, and no checksum is given')
    }
    this.#first = reading.answer
  }

  /** @throws when another connection would not help */
  async #afterFailure(error: unknown): Promise<void> {
    const { limits, signal } = this.#options
    signal?.throwIfAborted()
    if (error instanceof FetchFailedError ? !error.shouldRetry() : isFinal(error)) {
      throw this.#known(error)
    }
    const { validator, totalBytes } = this.#first ?? {}
    const canResume =
      this.#receivedBytes === 0 || (validator !== undefined && totalBytes !== undefined)
    this.#failures++
    if (!canResume || this.#failures >= limits.attempts) throw this.#known(error)
    await sleep(limits.backoffMs * 2 ** (this.#failures - 1), undefined, signal ? { signal } : {})
  }

  #known(error: unknown): unknown {
    if (error instanceof CodedError) return error
    const reason = inertText(messageOf(error), 300)
    return new FetchFailedError(shownUrl(this.#url), reason, { isPassing: true, cause: error })
  }

  #failure(reason: string, isPassing = false): FetchFailedError {
    return new FetchFailedError(shownUrl(this.#url), reason, { isPassing })
  }
}

/** Another connection would end the same way. */
function isFinal(error: unknown): boolean {
  return error instanceof CodedError || error instanceof TooSlowError
}
