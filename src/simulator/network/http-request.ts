import { request } from 'node:http'

import { messageOf } from '../../base/coded-error.ts'
import type { Ipv4Address } from '../../base/ipv4-address.ts'
import { NetworkBootError } from '../errors.ts'

export interface HttpRequestOptions {
  /** The machine's own. */
  readonly localAddress: Ipv4Address
  readonly signal: AbortSignal
  /** Default GET. */
  readonly method?: 'GET' | 'POST'
  readonly body?: string
}

const idleTimeoutMs = 20_000

/** The body of a 200. @throws {NetworkBootError} for anything else; what the signal was aborted with */
export async function requestByHttp(url: string, options: HttpRequestOptions): Promise<Buffer> {
  const { localAddress, signal, method = 'GET', body } = options
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const settings = { method, localAddress, agent: false, timeout: idleTimeoutMs, signal } as const
  const query = request(url, settings, (response) => {
    const pieces: Buffer[] = []
    response.on('data', (piece: Buffer) => pieces.push(piece))
    response.on('error', reject)
    response.on('end', () => {
      if (response.statusCode === 200) resolve(Buffer.concat(pieces))
      else reject(new NetworkBootError(`${url} answered ${response.statusCode}`))
    })
  })
  query.on('timeout', () => query.destroy(new Error('no answer in time')))
  query.on('error', (error) => {
    reject(signal.aborted ? signal.reason : new NetworkBootError(`${url}: ${messageOf(error)}`))
  })
  query.end(body)
  return promise
}
