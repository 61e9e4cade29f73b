import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { checkedInput } from './checked-input.ts'
import type { OperatorServices } from './operator-services.ts'

const eventQuerySchema = z.strictObject({
  since: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

/** `/events`: the record of what happened, from a cursor on. */
export function eventRoutes(app: FastifyInstance, { events }: OperatorServices): void {
  app.get('/events', async (request) => {
    const { since, limit } = checkedInput(eventQuerySchema, request.query)
    return { items: await events.readSince(since, limit), seq: events.lastSeq() }
  })
}
