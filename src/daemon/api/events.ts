import type { FastifyInstance } from 'fastify'

import { MachineSight } from '../domain/access/machine-sight.ts'
import { checkedInput } from './checked-input.ts'
import type { OperatorServices } from './operator-services.ts'
import { callerOf } from './principal.ts'
import { eventQuerySchema } from './routes/site-rules.ts'

/** `/events`: the record of what happened, from a cursor on. */
export function eventRoutes(app: FastifyInstance, { events, machines }: OperatorServices): void {
  app.get('/events', async (request) => {
    const { since, limit } = checkedInput(eventQuerySchema, request.query)
    const sight = new MachineSight(callerOf(request), await machines.listMachines())
    const items = await events.readSince(since, limit)
    // Where the next page begins, also for whoever sees nothing of this one.
    const next = items.at(-1)?.seq ?? since
    return { items: items.filter((event) => sight.sees(event)), seq: events.lastSeq(), next }
  })
}
