import type { FastifyInstance, FastifyRequest } from 'fastify'

import { ruleOf } from '../routes/route-table.ts'
import { RequestInvalidError } from './problem.ts'

/**
 * `ETag` on whatever has a revision, and no `If-Match` that would be overlooked: where the route does not
 * heed it, it is refused (RFC 9110 §13.1.1 lets a change happen only when the condition is true).
 */
export function heedPreconditions(app: FastifyInstance): void {
  app.addHook('preSerialization', async (_request, reply, payload: unknown) => {
    const { revision } = (payload ?? {}) as { revision?: unknown }
    if (typeof revision === 'number' && reply.statusCode < 300) {
      void reply.header('etag', `"${revision}"`)
    }
    return payload
  })
  app.addHook('preHandler', async (request) => {
    const { method, routeOptions } = request
    if (request.headers['if-match'] === undefined || routeOptions.url === undefined) return
    if (ruleOf(method, routeOptions.url).isRevised) return
    throw new RequestInvalidError(`If-Match is not heeded by ${method} ${routeOptions.url}`)
  })
}

/**
 * The revision that the caller has seen; undefined where any will do.
 *
 * @throws {RequestInvalidError} when `If-Match` is no single ETag of ours
 */
export function expectedRevision(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match']
  if (header === undefined || header.trim() === '*') return undefined
  const match = /^\s*"(\d{1,15})"\s*$/.exec(header)
  if (match === null) throw new RequestInvalidError('If-Match: expected one ETag such as "7"')
  return Number(match[1])
}
