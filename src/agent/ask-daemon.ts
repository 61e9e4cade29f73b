import { type Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { request as requestOverTls } from 'node:https'

import { type DaemonAddress, readTrustFailure, tlsTrust } from './daemon-trust.ts'

export interface DaemonRequest extends Pick<DaemonAddress, 'authority'> {
  /** Default: `GET`. */
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
  readonly signal: AbortSignal
  /** Without a byte from the daemon. */
  readonly idleTimeoutMs: number
  readonly maximumAnswerBytes: number
  /** To speak from. Default: as the kernel chooses. */
  readonly localAddress?: string | undefined
  /** Keeps connections. Default: one for this request alone. */
  readonly connections?: Agent
}

export interface DaemonAnswer {
  readonly status: number
  readonly text: string
}

/**
 * One request to the daemon, and the whole answer.
 *
 * @throws {DaemonUntrustedError} when another answers in its place
 * @throws {Error} of Node when the connection fails, the answer is longer than allowed or comes too late
 */
export function askDaemon(url: URL, asked: DaemonRequest): Promise<DaemonAnswer> {
  const { method = 'GET', headers = {}, signal, localAddress, idleTimeoutMs: timeout } = asked
  const isTls = url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const options = {
      ...{ method, headers, signal, timeout, agent: asked.connections ?? false },
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(isTls ? tlsTrust(asked) : {}),
    }
    const sent = (isTls ? requestOverTls : request)(url, options, (response) => {
      collect(response, asked.maximumAnswerBytes).then(
        (text) => resolve({ status: response.statusCode ?? 0, text }),
        (error: unknown) => {
          sent.destroy()
          reject(error)
        },
      )
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', (error) => reject(readTrustFailure(url.origin, error) ?? error))
    sent.end(asked.body)
  })
}

async function collect(response: IncomingMessage, maximumBytes: number): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > maximumBytes) throw new RangeError('the answer is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
