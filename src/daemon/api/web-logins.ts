import type { FastifyInstance } from 'fastify'

import type { OperatorServices } from './operator-services.ts'
import { callerOf } from './requests/principal.ts'

/** `/web-logins`: a link with which a browser may look on, good once. */
export function webLoginRoutes(app: FastifyInstance, { webSessions }: OperatorServices): void {
  app.post('/web-logins', async (request, reply) => {
    const path = `/login/${webSessions.openLogin(callerOf(request))}`
    return reply.code(201).header('cache-control', 'no-store').send({ path })
  })
}
