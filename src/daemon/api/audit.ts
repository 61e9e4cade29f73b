import type { FastifyInstance, FastifyRequest } from 'fastify'

import { messageOf } from '../../base/coded-error.ts'
import type { OperatorServices } from './operator-services.ts'
import { checkedInput } from './requests/checked-input.ts'
import { knownCallerOf } from './requests/principal.ts'
import { auditQuerySchema } from './routes/site-rules.ts'

/** Members of a body that name what was asked for. Params, notes and whatever is new stay out. */
const toldMembers = [
  ...['machine', 'workflow', 'plan', 'stopAt', 'name', 'macAddress', 'onBoot', 'role', 'selector'],
]

/**
 * Every change that was asked for goes into the audit log before it is answered, and so does whatever
 * was refused to somebody who is known. Who is not known stands among the events (`access.refused`).
 */
export function keepAudit(
  app: FastifyInstance,
  { audit, clock, logger }: Pick<OperatorServices, 'audit' | 'clock' | 'logger'>,
): void {
  app.addHook('onSend', async (request, reply, payload: unknown) => {
    const caller = knownCallerOf(request)
    const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(request.method)
    if (caller === undefined || (isRead && reply.statusCode !== 403)) return payload
    const address = request.socket.remoteAddress
    const { principal, role } = caller
    try {
      await audit.append({
        ...{ timeMs: clock.nowMs(), principal, role, method: request.method },
        ...(address === undefined ? {} : { address }),
        path: request.url.split('?', 1)[0]?.slice(0, 500) ?? '',
        status: reply.statusCode,
        asked: askedOf(request),
      })
    } catch (error) {
      // What happened cannot be undone for it; the disk that failed stops the daemon by itself.
      logger.error({ reason: messageOf(error) }, 'the audit log could not be written')
    }
    return payload
  })
}

/** `/audit`: read it, and have its chain checked. */
export function auditRoutes(app: FastifyInstance, { audit }: OperatorServices): void {
  app.get('/audit', async (request) => {
    const { since, limit } = checkedInput(auditQuerySchema, request.query)
    return { items: await audit.readAfter(since, limit) }
  })
  app.get('/audit/verdict', async () => audit.verify())
}

function askedOf({ body, query }: FastifyRequest): Record<string, string> {
  const members = { ...(query as object), ...(isPlain(body) ? body : {}) }
  const action = isPlain(body) ? body['action'] : undefined
  const told = Object.entries({ ...members, ...(isPlain(action) ? action : {}) })
    .filter(([name]) => toldMembers.includes(name) || name === 'do')
    .map(([name, value]) => [name, JSON.stringify(value).slice(0, 256)])
  return Object.fromEntries(told) as Record<string, string>
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  )
}
