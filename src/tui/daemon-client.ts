import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { WebSocket } from 'ws'

import { type OperatorEndpoint, socketUrl } from '../presentation/operator-endpoint.ts'
import { type FeedItem, followOperator, type OperatorLink } from '../presentation/operator-feed.ts'
import { linkOf } from '../presentation/socket-link.ts'

/** The largest frame that is taken: a snapshot of a big site. */
const maximumFrameBytes = 256 * 1024 * 1024

/** Also what the servers say, for the last lines of each machine. */
const screenTopics = ['run,machine,boot,agent,token,log,dhcp,tftp,http.*.*']

/** Everything the screen shows, from now on, through restarts of the daemon, until `signal` aborts. */
export function openFeed(
  endpoint: OperatorEndpoint,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  return followOperator({
    topics: screenTopics,
    connect: () => connectToDaemon(endpoint, signal),
    wait: (milliseconds) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
    signal,
  })
}

async function connectToDaemon(
  endpoint: OperatorEndpoint,
  signal: AbortSignal,
): Promise<OperatorLink> {
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
