import websocket from '@fastify/websocket'
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify'

import { messageOf } from '../../base/coded-error.ts'
import { auditRoutes, keepAudit } from './audit.ts'
import { backupRoutes } from './backup.ts'
import { bulkRoutes } from './bulk.ts'
import { contentRoutes } from './content.ts'
import { definitionRoutes } from './definitions.ts'
import { documentRoutes } from './documents.ts'
import { eventRoutes } from './events.ts'
import { imageKeepingRoutes } from './image-keeping.ts'
import { imageRoutes } from './images.ts'
import { keyRoutes } from './keys.ts'
import { machineRoutes } from './machines.ts'
import { metricsRoutes } from './metrics.ts'
import { networkRoutes } from './networks.ts'
import { createOperatorServer, type TlsFiles } from './operator-server.ts'
import type { OperatorServices } from './operator-services.ts'
import { paramRoutes } from './params.ts'
import { guardAccess } from './requests/access-guard.ts'
import { Authenticator } from './requests/authenticator.ts'
import { keepAnswers } from './requests/idempotency.ts'
import { jsonDepth } from './requests/json-depth.ts'
import { heedPreconditions } from './requests/preconditions.ts'
import {
  problemOf,
  RequestForbiddenError,
  RequestInvalidError,
  ResourceNotFoundError,
} from './requests/problem.ts'
import { ruleRoutes } from './rules.ts'
import { runRoutes } from './runs.ts'
import {
  closeOperatorSockets,
  operatorSocketRoute,
  operatorSocketOptions,
} from './socket/operator-socket.ts'
import { tokenRoutes } from './tokens.ts'
import { webLoginRoutes } from './web-logins.ts'

const maximumJsonDepth = 25
const bodyLimitBytes = 1_048_576

/** Over TCP browsers reach the app too, and everybody else who has a cable. */
export interface TcpReach {
  /** Origins of web pages that may ask with a token of theirs: `https://console.example`. Default none. */
  readonly trustedOrigins?: readonly string[]
  /** Without it the bytes travel as they are. */
  readonly tls?: TlsFiles
}

/** How the operators reach this app: over the unix socket, which needs no token, or over TCP. */
export type OperatorReach = 'unix' | TcpReach

/** The operators' interface, not yet listening: `/api/v1`, its websocket, and `/healthz`. */
export async function createOperatorApp(
  services: OperatorServices,
  reach: OperatorReach,
): Promise<FastifyInstance> {
  const tls = reach === 'unix' ? undefined : reach.tls
  const authenticator = reach === 'unix' ? undefined : new Authenticator(services)
  const app = fastify({
    logger: false,
    serverFactory: (handler) => createOperatorServer(handler, tls),
    bodyLimit: bodyLimitBytes,
    connectionTimeout: 0,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
  })
  answerProblems(app, services)
  acceptJsonOnly(app)
  logRequests(app, services)
  await app.register(websocket, {
    options: operatorSocketOptions,
    preClose: closeOperatorSockets,
  })
  // Behind the websocket plugin, which marks upgrades first and so closes those that are refused here.
  if (reach !== 'unix') refuseBrowsers(app, reach)
  guardAccess(app, services, authenticator ?? 'local')
  heedPreconditions(app)
  keepAudit(app, services)
  keepAnswers(app, services)
  metricsRoutes(app, services)
  documentRoutes(app, services)
  app.get('/healthz', async (_request, reply) => {
    if (services.isReady()) return { status: 'ok' }
    return reply.code(503).send({ status: 'starting' })
  })
  const { addPages } = services
  if (addPages !== undefined) await app.register(async (pages) => addPages(pages))
  await app.register(async (api) => registerNouns(api, services, authenticator), {
    prefix: '/api/v1',
  })
  return app
}

function registerNouns(
  api: FastifyInstance,
  services: OperatorServices,
  authenticator: Authenticator | undefined,
): void {
  machineRoutes(api, services)
  ruleRoutes(api, services)
  runRoutes(api, services)
  bulkRoutes(api, services)
  imageRoutes(api, services)
  imageKeepingRoutes(api, services)
  keyRoutes(api, services)
  networkRoutes(api, services)
  contentRoutes(api, services)
  definitionRoutes(api, services)
  paramRoutes(api, services)
  tokenRoutes(api, services)
  auditRoutes(api, services)
  backupRoutes(api, services)
  webLoginRoutes(api, services)
  eventRoutes(api, services)
  api.get('/status', async () => services.readStatus())
  operatorSocketRoute(api, services, authenticator)
}

function answerProblems(app: FastifyInstance, { logger }: OperatorServices): void {
  app.setNotFoundHandler((request) => {
    throw new ResourceNotFoundError(`nothing is at ${request.method} ${pathOf(request)}`)
  })
  app.setErrorHandler(async (thrown, request, reply) => {
    const problem = problemOf(thrown)
    if (problem.status === 500) {
      const stack = thrown instanceof Error ? thrown.stack : messageOf(thrown)
      logger.error({ method: request.method, path: pathOf(request), stack }, 'request failed')
    }
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer')
    if (problem.status === 429) void reply.header('retry-after', '10')
    return reply.code(problem.status).type('application/problem+json').send(problem)
  })
}

/** JSON is the only body parsed here, and only up to a sane depth: its shape is checked by each route. */
function acceptJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, text, done) => {
      if (text === '') return done(null, undefined)
      if (jsonDepth(text) > maximumJsonDepth) {
        return done(new RequestInvalidError(`JSON nests deeper than ${maximumJsonDepth}`))
      }
      return void parse(request, text, done)
    },
  )
}

/**
 * A web page that a person has open must not drive the daemon (cross-site requests, websocket hijacking):
 * no Origin is accepted but our own and those that were named. DNS rebinding, which makes another page look
 * like ours, gains nothing: a token is needed that no page of another origin has, and our cookie does not
 * go to its host.
 */
function refuseBrowsers(app: FastifyInstance, { trustedOrigins = [], tls }: TcpReach): void {
  const scheme = tls === undefined ? 'http' : 'https'
  app.addHook('onRequest', async (request) => {
    const { origin, host } = request.headers
    const isOwn = host !== undefined && origin === `${scheme}://${host}`
    if (origin === undefined || isOwn || trustedOrigins.includes(origin)) return
    throw new RequestForbiddenError('requests from web pages of this origin are refused')
  })
}

function logRequests(app: FastifyInstance, { logger }: OperatorServices): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request
    const facts = { method, path: pathOf(request), status: reply.statusCode }
    logger.debug({ ...facts, durationMs: Math.round(reply.elapsedTime) }, 'operator request')
  })
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]?.slice(0, 200) ?? ''
}
