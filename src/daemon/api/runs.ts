import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { newRunSchema } from '../../contract/api-documents.ts'
import { MachineSight } from '../domain/access/machine-sight.ts'
import { checkedInput } from './checked-input.ts'
import type { OperatorServices } from './operator-services.ts'
import { ResourceNotFoundError } from './problem.ts'
import { callerOf, principalOf } from './principal.ts'

const approvalSchema = z.strictObject({ note: z.string().max(500).optional() }).default({})

/** `/runs`: list, show, create, cancel, approve; `/plans`: what a run would do. */
export function runRoutes(app: FastifyInstance, { runs }: OperatorServices): void {
  app.get('/runs', async (request) => {
    const { runs: all, machines, seq } = await runs.snapshot()
    const sight = new MachineSight(callerOf(request), machines)
    return { items: all.filter(({ machineId }) => sight.seesMachine(machineId)), seq }
  })

  app.get<{ Params: { id: string } }>('/runs/:id', async (request) => {
    const run = await runs.findRun(request.params.id)
    if (run === undefined) {
      throw new ResourceNotFoundError(`no run has the id ${request.params.id}`, {
        remedy: 'repave run list',
      })
    }
    return run
  })

  app.post('/plans', async (request) => runs.previewRun(checkedInput(newRunSchema, request.body)))

  app.post('/runs', async (request, reply) => {
    const wanted = checkedInput(newRunSchema, request.body)
    return reply.code(201).send(await runs.createRun(wanted, principalOf(request)))
  })

  app.post<{ Params: { id: string } }>('/runs/:id/cancel', async (request) =>
    runs.cancelRun(request.params.id, principalOf(request)),
  )

  app.post<{ Params: { id: string } }>('/runs/:id/approve', async (request) => {
    const { note } = checkedInput(approvalSchema, request.body ?? undefined)
    return runs.approveRun(request.params.id, principalOf(request), note)
  })
}
