import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'

import fastify, { type FastifyInstance } from 'fastify'

import { messageOf } from '../../../base/coded-error.ts'
import type { Logger } from '../../../base/logger.ts'
import { ListenError } from '../listen-error.ts'
import type { RunningServer } from '../running-server.ts'
import { capConnections, type ConnectionCap, type ConnectionLimits } from './connection-cap.ts'
import { FileResponder, type FileResponderOptions } from './file-responder.ts'
import { nothingServedHere, refusalOf, sendRefusal, tlsRequired } from './refusal.ts'
import { originForm } from './request-target.ts'
import { speakTlsBesidePlain, type TlsKeyPair } from './tls-beside-plain.ts'

export interface ProvisioningServerOptions extends FileResponderOptions {
  readonly host: string
  readonly port: number
  readonly limits?: Partial<ConnectionLimits>
  /** Spoken on the same port to whoever begins with a handshake; plain HTTP alone where undefined. */
  readonly tls?: TlsKeyPair | undefined
  /** Beginnings of routes that are served over TLS only, where it is spoken. */
  readonly confidentialPaths?: readonly string[]
}

export interface ProvisioningServer {
  /** Where the agents' websocket and the phone-home route are registered before `listen`. */
  readonly app: FastifyInstance
  /** @throws {ListenError} when the address or the port cannot be had */
  listen(): Promise<RunningServer>
}

const mebibyte = 1024 * 1024
/** How long responses under way may still take when the server is disposed. */
const graceMs = 2000

/**
 * The HTTP listener that machines see: boot files, scripts and images under every path that nobody
 * else has registered. No redirects, connections kept open, and a limit on each thing that a client
 * can make us wait for or keep.
 */
export async function createProvisioningServer(
  options: ProvisioningServerOptions,
): Promise<ProvisioningServer> {
  const app = createApp(options.logger)
  const brokenHandshakes = addTls(app, options)
  const responder = new FileResponder(options)
  const cap = capConnections(app.server, {
    connections: 4096,
    connectionsPerAddress: 64,
    ...options.limits,
  })
  app.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    handler: async (request, reply) => {
      reply.hijack()
      await responder.respond(request.raw, reply.raw)
    },
  })
  const counters = () => ({
    ...responder.counters(),
    'http.connections': cap.openCount(),
    'http.connections-refused': cap.refusedCount(),
    'http.handshakes-broken': brokenHandshakes(),
  })
  return { app, listen: () => listen(app, options, counters, cap) }
}

function addTls(
  app: FastifyInstance,
  { tls, confidentialPaths = [], clock, logger }: ProvisioningServerOptions,
): () => number {
  if (tls === undefined) return () => 0
  app.addHook('onRequest', async ({ routeOptions, socket }, reply) => {
    const { url = '' } = routeOptions
    const isConfidential = confidentialPaths.some((start) => url.startsWith(start))
    if (!isConfidential || socket instanceof TLSSocket) return
    await reply.code(426).headers({ upgrade: 'TLS/1.2', connection: 'upgrade' }).send(tlsRequired)
  })
  return speakTlsBesidePlain(app.server, { tls, clock, logger })
}

function createApp(logger: Logger): FastifyInstance {
  const app = fastify({
    http: { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, connectionsCheckingInterval: 2000 },
    requestTimeout: 20_000,
    // Longer than EDK2 rests between HEAD and GET, longer than an agent rests between two chunks.
    keepAliveTimeout: 75_000,
    connectionTimeout: 60_000,
    bodyLimit: mebibyte,
    exposeHeadRoutes: false,
    trustProxy: false,
    rewriteUrl: ({ url }) => originForm(url ?? '/'),
    frameworkErrors: (error, _request, reply) => {
      reply.hijack()
      sendRefusal(reply.raw, refusalOf(error))
    },
  })
  app.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error)
    if (refusal.status >= 500) logger.error({ error: messageOf(error) }, 'a request failed')
    return reply.code(refusal.status).send(refusal)
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(nothingServedHere))
  return app
}

async function listen(
  app: FastifyInstance,
  { host, port, logger }: ProvisioningServerOptions,
  counters: RunningServer['counters'],
  cap: ConnectionCap,
): Promise<RunningServer> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw new ListenError(`${host}:${port}/tcp`, error)
  }
  const { address, port: boundPort } = app.server.address() as AddressInfo
  const closed = untilClosed(app.server)
  closed.catch((error) => logger.error({ error: messageOf(error) }, 'the HTTP listener died'))
  return {
    name: 'http',
    endpoint: `${address}:${boundPort}/tcp`,
    closed,
    counters,
    [Symbol.asyncDispose]: () => close(app, cap),
  }
}

async function untilClosed(server: Server): Promise<void> {
  await once(server, 'close')
}

async function close(app: FastifyInstance, cap: ConnectionCap): Promise<void> {
  const outOfPatience = setTimeout(() => cap.destroyAll(), graceMs)
  try {
    await app.close()
  } finally {
    clearTimeout(outOfPatience)
  }
}
