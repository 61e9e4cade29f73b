import { messageOf } from '../../base/coded-error.ts'
import { MEBIBYTE } from '../../base/byte-size.ts'
import { askDaemon, type DaemonAnswer, type DaemonRequest } from '../ask-daemon.ts'
import { DaemonUntrustedError } from '../daemon-trust.ts'
import { FetchFailedError } from './errors.ts'

/** A manifest of a million chunks is about 300 MB; what a machine with 1 GiB can hold is less. */
const maximumAnswerBytes = 128 * MEBIBYTE
const idleTimeoutMs = 30_000

export type FetchOptions = Pick<DaemonRequest, 'signal' | 'localAddress' | 'authority'>

/**
 * @throws {FetchFailedError} unless the daemon answers 200 with a whole document
 * @throws {DaemonUntrustedError} when another answers in its place
 */
export async function fetchManifest(url: URL, options: FetchOptions): Promise<string> {
  const { status, text } = await ask(url, options)
  if (status !== 200) throw new FetchFailedError(url.href, `answered ${status}`, status)
  return text
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
