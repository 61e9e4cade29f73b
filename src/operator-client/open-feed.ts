import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { type OperatorEndpoint, socketUrl } from '../presentation/operator-endpoint.ts'
import { type FeedItem, followOperator, type OperatorLink } from '../presentation/operator-feed.ts'
import { linkOf } from '../presentation/socket-link.ts'
import { requestTo } from './endpoint-request.ts'

/** The largest frame that is taken: a snapshot of a big site. */
const maximumFrameBytes = 256 * 1024 * 1024

export interface FeedRequest {
  readonly endpoint: OperatorEndpoint
  readonly topics: readonly string[]
  /** Number of the last event already known; absent: from now on, behind a snapshot. */
  readonly since?: number
  /** Ends the feed. */
  readonly signal: AbortSignal
}

/** Follows the daemon's events, through restarts of it, until the signal aborts. */
export function openFeed(request: FeedRequest): AsyncGenerator<FeedItem> {
  const { topics, since, signal } = request
  return followOperator({
    topics,
    ...(since === undefined ? {} : { since }),
    connect: () => connectToDaemon(request),
    wait: (milliseconds) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
    signal,
  })
}

async function connectToDaemon({ endpoint, signal }: FeedRequest): Promise<OperatorLink> {
  const { target, headers } = requestTo(endpoint)
  // Loaded where it is used: most commands ask once, and have to start fast.
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(socketUrl(endpoint), {
    headers,
    ...(target.ca === undefined ? {} : { ca: target.ca }),
    perMessageDeflate: false,
    maxPayload: maximumFrameBytes,
    handshakeTimeout: 10_000,
    ...(endpoint.kind === 'socket' ? { createConnection: () => connect(endpoint.socketPath) } : {}),
  })
  const stop = () => socket.terminate()
  signal.addEventListener('abort', stop)
  socket.once('close', () => signal.removeEventListener('abort', stop))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return linkOf(socket)
}
