import type { FastifyInstance } from 'fastify'
import type { WebSocket } from 'ws'

import type { OperatorServices } from '../operator-services.ts'
import type { Authenticator } from '../requests/authenticator.ts'
import { knownCallerOf } from '../requests/principal.ts'
import { EventTexts } from './event-texts.ts'
import { OperatorSession } from './operator-session.ts'

/** Frames above this close the connection with 1009. */
const maximumFrameBytes = 262_144
const maximumConnections = 500
const maximumConnectionsPerAddress = 20
/** How long a client may take to answer our goodbye. */
const goodbyeMs = 1000

/** No compression (a bomb must not grow); text is checked by the session, which answers instead of closing. */
export const operatorSocketOptions = {
  maxPayload: maximumFrameBytes,
  perMessageDeflate: false,
  skipUTF8Validation: true,
} as const

/** `/ws`: frames of contract/operator-frames.ts. */
export function operatorSocketRoute(
  app: FastifyInstance,
  services: OperatorServices,
  authenticator?: Authenticator,
): void {
  const open = new Map<string, number>()
  let total = 0
  const texts = new EventTexts()
  app.get('/ws', { websocket: true }, (socket, request) => {
    const address = request.socket.remoteAddress
    const fromAddress = open.get(address ?? '') ?? 0
    const crowded = address !== undefined && fromAddress >= maximumConnectionsPerAddress
    if (crowded || total >= maximumConnections) {
      socket.close(1013, 'too many connections')
      return
    }
    total++
    open.set(address ?? '', fromAddress + 1)
    socket.once('close', () => {
      total--
      const left = (open.get(address ?? '') ?? 1) - 1
      if (left === 0) open.delete(address ?? '')
      else open.set(address ?? '', left)
    })
    const caller = knownCallerOf(request)
    new OperatorSession(socket, services, {
      texts,
      ...(caller === undefined ? {} : { caller }),
      ...(authenticator === undefined ? {} : { authenticator }),
      ...(address === undefined ? {} : { address }),
    }).start()
  })
}

/** Says goodbye to every client, and cuts off those that do not answer. */
export function closeOperatorSockets(this: FastifyInstance, done: () => void): void {
  const { clients } = this.websocketServer
  for (const client of clients) client.close(1001, 'the daemon stops')
  const cutOff = setTimeout(() => {
    for (const client of clients) client.terminate()
  }, goodbyeMs)
  const finish = () => {
    clearTimeout(cutOff)
    done()
  }
  void Promise.all([...clients].map(hasClosed)).then(finish)
}

function hasClosed(client: WebSocket): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()))
}
