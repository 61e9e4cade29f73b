import fastifyWebsocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'

import type { Clock } from '../../../base/clock.ts'
import type { Logger } from '../../../base/logger.ts'
import type { Secrets } from '../../domain/bootenv/secrets.ts'
import type { AgentDesk } from '../../domain/machine/agent-desk.ts'
import { RefusalCounter } from '../requests/refusal-counter.ts'
import { AgentConnection, type AgentSocketTimings } from './agent-connection.ts'

export interface AgentSocketOptions {
  readonly desk: AgentDesk
  readonly secrets: Secrets
  readonly clock: Clock
  readonly logger: Logger
  readonly timings?: Partial<AgentSocketTimings>
}

export const agentSocketPath = '/agent/v1/ws'

const maximumFrameBytes = 262_144
const maximumConnections = 2048
const goodbyeMs = 1000

const usualTimings: AgentSocketTimings = { helloMs: 10_000, pingMs: 10_000, silenceMs: 30_000 }

/**
 * Adds `/agent/v1/ws` (frames of contract/agent-frames.ts) to the provisioning app, which must not be
 * ready yet. Call it on the app itself: upgrades of every other path are then answered, not leaked.
 */
export async function registerAgentSocket(
  app: FastifyInstance,
  options: AgentSocketOptions,
): Promise<void> {
  const refusals = new RefusalCounter(options.clock)
  const timings = { ...usualTimings, ...options.timings }
  await app.register(fastifyWebsocket, {
    options: { maxPayload: maximumFrameBytes, perMessageDeflate: false },
    errorHandler: (error, socket) => {
      options.logger.debug({ err: error }, 'an agent connection failed')
      socket.terminate()
    },
    preClose(done) {
      const { clients } = app.websocketServer
      for (const client of clients) client.close(1001, 'the daemon stops')
      setTimeout(() => clients.forEach((client) => client.terminate()), goodbyeMs).unref()
      done()
    },
  })
  app.get(agentSocketPath, { websocket: true }, (socket, request) => {
    if (app.websocketServer.clients.size > maximumConnections) {
      socket.close(1013, 'too many agents')
      return
    }
    const { remoteAddress } = request.socket
    new AgentConnection(socket, { ...options, timings, refusals, remoteAddress }).open()
  })
}
