import { get, type IncomingMessage } from 'node:http'

import { messageOf } from '../../base/coded-error.ts'
import { MEBIBYTE } from '../../base/byte-size.ts'
import { FetchFailedError } from './errors.ts'

/** A manifest of a million chunks is about 300 MB; what a machine with 1 GiB can hold is less. */
const maximumBytes = 128 * MEBIBYTE
const idleTimeoutMs = 30_000

export interface FetchOptions {
  readonly signal: AbortSignal
  /** To speak from. Default: as the kernel chooses. */
  readonly localAddress?: string | undefined
}

/** @throws {FetchFailedError} unless the daemon answers 200 with a whole document */
export function fetchManifest(url: URL, { signal, localAddress }: FetchOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, status?: number) => {
      request.destroy()
      reject(signal.aborted ? signal.reason : new FetchFailedError(url.href, reason, status))
    }
    const from = localAddress === undefined ? {} : { localAddress }
    const options = { signal, timeout: idleTimeoutMs, agent: false, ...from } as const
    const request = get(url, options, (response) => {
      if (response.statusCode !== 200) {
        return fail(`answered ${response.statusCode}`, response.statusCode)
      }
      collect(response).then(resolve, (error: unknown) => fail(messageOf(error)))
    })
    request.on('timeout', () => fail('no answer in time'))
    request.on('error', (error) => fail(messageOf(error)))
  })
}

async function collect(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > maximumBytes) throw new RangeError('the manifest is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
