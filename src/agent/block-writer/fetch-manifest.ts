import { setTimeout } from 'node:timers/promises'

import { messageOf } from '../../base/coded-error.ts'
import { MEBIBYTE } from '../../base/byte-size.ts'
import { askDaemon, type DaemonAnswer, type DaemonRequest } from '../ask-daemon.ts'
import { DaemonUntrustedError } from '../daemon-trust.ts'
import { FetchFailedError } from './errors.ts'

/** A manifest of a million chunks is about 300 MB; what a machine with 1 GiB can hold is less. */
const maximumAnswerBytes = 128 * MEBIBYTE
const idleTimeoutMs = 30_000

export interface FetchOptions extends Pick<DaemonRequest, 'signal' | 'localAddress' | 'authority'> {
  /**
   * Milliseconds before each further try, where the connection is lost or the daemon cannot answer yet. Default:
   * one try alone, for a person who waits for the answer.
   */
  readonly waitsMs?: readonly number[]
}

/** A task outlasts a daemon that starts anew, or is so busy that it lets a connection go. */
export const taskWaitsMs: readonly number[] = [500, 1000, 2000, 4000, 8000]

/**
 * @throws {FetchFailedError} unless the daemon answers 200 with a whole document
 * @throws {DaemonUntrustedError} when another answers in its place
 */
export async function fetchManifest(url: URL, options: FetchOptions): Promise<string> {
  for (const waitMs of options.waitsMs ?? []) {
    try {
      return await fetchOnce(url, options)
    } catch (error) {
      if (!(error instanceof FetchFailedError) || !isPassing(error)) throw error
      // Who gave up tells why; the wait itself only ends.
      await setTimeout(waitMs, undefined, { signal: options.signal }).catch(() => undefined)
      options.signal.throwIfAborted()
    }
  }
  return fetchOnce(url, options)
}

async function fetchOnce(url: URL, options: FetchOptions): Promise<string> {
  const { status, text } = await ask(url, options)
  if (status !== 200) throw new FetchFailedError(url.href, `answered ${status}`, status)
  return text
}

/** No answer at all, or one that says to come again. */
function isPassing({ status = 503 }: FetchFailedError): boolean {
  return status >= 500 || status === 429
}

async function ask(url: URL, options: FetchOptions): Promise<DaemonAnswer> {
  try {
    return await askDaemon(url, { ...options, idleTimeoutMs, maximumAnswerBytes })
  } catch (error) {
    options.signal.throwIfAborted()
    if (error instanceof DaemonUntrustedError) throw error
    throw new FetchFailedError(url.href, messageOf(error))
  }
}
