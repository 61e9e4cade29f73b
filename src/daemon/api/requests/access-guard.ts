import type { FastifyInstance, FastifyRequest } from 'fastify'

import { roleCovers } from '../../../contract/access.ts'
import { type Caller, localCaller, mayTouch } from '../../domain/access/caller.ts'
import type { OperatorServices } from '../operator-services.ts'
import type { RouteRule } from '../routes/route-rule.ts'
import { ruleOf } from '../routes/route-table.ts'
import type { Authenticator } from './authenticator.ts'
import { callerOf, knownCallerOf, setCaller } from './principal.ts'
import { RequestForbiddenError, ResourceNotFoundError, UnauthenticatedError } from './problem.ts'

export type AccessServices = Pick<OperatorServices, 'machines' | 'runs'>

/**
 * Holds every request to routes/route-table.ts: who asks (by token; on the unix socket, whose mode lets
 * nobody else in, the daemon's own user), whether the role suffices, and whether a token that is limited
 * to some machines may touch this one. Added before the routes: one that the table lacks is refused here.
 */
export function guardAccess(
  app: FastifyInstance,
  services: AccessServices,
  authenticator: Authenticator | 'local',
): void {
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) ruleOf(each, url)
  })
  app.addHook('onRequest', async (request) => {
    const rule = ruleOfRequest(request)
    const caller =
      authenticator === 'local'
        ? localCaller
        : (bearerOf(request, authenticator) ?? onlookerOf(request, rule, authenticator))
    if (caller !== undefined) setCaller(request, caller)
    if (rule?.role === 'anyone' || (rule?.authenticatesLater && caller === undefined)) return
    mayAsk(callerOf(request), rule, request)
  })
  app.addHook('preHandler', async (request) => {
    const rule = ruleOfRequest(request)
    const caller = knownCallerOf(request)
    if (rule !== undefined && caller?.covers !== undefined) {
      await holdToMachine(request, rule, { ...services, caller })
    }
  })
}

function ruleOfRequest({ routeOptions, method }: FastifyRequest): RouteRule | undefined {
  const { url } = routeOptions
  return url === undefined ? undefined : ruleOf(method, url)
}

/** Tokens in addresses end up in logs and histories: they are refused, the right ones too. */
function bearerOf(request: FastifyRequest, authenticator: Authenticator): Caller | undefined {
  const query = request.query as Record<string, unknown>
  if (['token', 'access_token', 'authorization'].some((name) => Object.hasOwn(query, name))) {
    throw new UnauthenticatedError('a token belongs into the Authorization header')
  }
  const { authorization } = request.headers
  if (authorization === undefined) return undefined
  const match = /^Bearer +(\S+)$/i.exec(authorization)
  if (match === null) throw new UnauthenticatedError('expected Authorization: Bearer TOKEN')
  return authenticator.authenticate(match[1] ?? '', request.socket.remoteAddress ?? '')
}

/**
 * Whose browser it is, by its cookie: for the pages alone, which change nothing. Everything else wants a
 * token, so that no other page can make a browser act.
 */
function onlookerOf(
  { headers }: FastifyRequest,
  rule: RouteRule | undefined,
  authenticator: Authenticator,
): Caller | undefined {
  if (rule?.takesCookie !== true) return undefined
  const session = /(?:^|;) *repave_session=([\w-]{43})(?:;|$)/.exec(headers.cookie ?? '')?.[1]
  return session === undefined ? undefined : authenticator.callerOfSession(session)
}

/** What is nowhere is nobody's business either, once it is known who asks. */
function mayAsk(
  { role, covers }: Caller,
  rule: RouteRule | undefined,
  { method }: FastifyRequest,
): void {
  if (rule === undefined || rule.role === 'anyone') return
  if (!roleCovers(role, rule.role)) {
    throw new RequestForbiddenError(`this needs a token of the role ${rule.role}`)
  }
  const isChange = method !== 'GET' && method !== 'HEAD'
  if (covers !== undefined && rule.about === 'site' && isChange) {
    throw new RequestForbiddenError('this needs a token that is not limited to some machines')
  }
}

/** A machine that a limited token does not cover is, for its bearer, not there. */
async function holdToMachine(
  request: FastifyRequest,
  { about }: RouteRule,
  { caller, ...services }: AccessServices & { readonly caller: Caller },
): Promise<void> {
  const reference = await machineNamedBy(request, about, services)
  if (reference === undefined) return
  const machine = await services.machines.findMachine(reference)
  if (machine !== undefined && mayTouch(caller, machine)) return
  throw new ResourceNotFoundError('nothing of that name is among the machines of this token')
}

/** Undefined when the request names none; a name that nothing has is as good as another's. */
async function machineNamedBy(
  { params, body }: FastifyRequest,
  about: RouteRule['about'],
  { runs }: AccessServices,
): Promise<string | undefined> {
  if (about === 'machine') return (params as { reference: string }).reference
  if (about === 'run') return (await runs.findRun((params as { id: string }).id))?.machineId ?? ''
  if (about !== 'wanted-machine') return undefined
  const { machine } = (body ?? {}) as { machine?: unknown }
  return typeof machine === 'string' ? machine : ''
}
