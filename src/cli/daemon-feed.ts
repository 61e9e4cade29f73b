import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { WebSocket } from 'ws'

import { type FeedItem, followOperator, type OperatorLink } from '../presentation/operator-feed.ts'
import { socketUrl } from '../presentation/operator-endpoint.ts'
import { linkOf } from '../presentation/socket-link.ts'
import type { DaemonConnection } from './daemon-request.ts'

/** The largest frame that is taken: a snapshot of a big site. */
const maximumFrameBytes = 256 * 1024 * 1024

/** Follows the daemon's events, through restarts of it, until the connection's signal aborts. */
export function openFeed(
  connection: DaemonConnection,
  { topics, since }: { topics: readonly string[]; since?: number },
): AsyncGenerator<FeedItem> {
  const { signal } = connection
  return followOperator({
    topics,
    ...(since === undefined ? {} : { since }),
    connect: () => connectToDaemon(connection),
    wait: (milliseconds) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
    signal,
  })
}

async function connectToDaemon({ endpoint, signal }: DaemonConnection): Promise<OperatorLink> {
  const socket = new WebSocket(socketUrl(endpoint), {
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
