import type { FastifyInstance } from 'fastify'

import { interventionRequestSchema, newRunSchema } from '../../contract/api-documents.ts'
import { interventionVerbs, type Run, runSchema } from '../../contract/run.ts'
import { MachineSight } from '../domain/access/machine-sight.ts'
import type { OperatorServices } from './operator-services.ts'
import { checkedInput } from './requests/checked-input.ts'
import { pageOf } from './requests/list-page.ts'
import { expectedRevision } from './requests/preconditions.ts'
import { callerOf, principalOf } from './requests/principal.ts'
import { ResourceNotFoundError } from './requests/problem.ts'

/** `/runs`: list, show, create, and every verb of a person; `/plans`: what a run would do. */
export function runRoutes(app: FastifyInstance, { runs }: OperatorServices): void {
  app.get('/runs', async (request) => {
    const { runs: all, machines, seq } = await runs.snapshot()
    const sight = new MachineSight(callerOf(request), machines)
    const visible = all.filter(({ machineId }) => sight.seesMachine(machineId))
    const page = { schema: runSchema, keyOf: (run: Run) => run.id }
    return { ...pageOf(request, visible, page), seq }
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
    const run = await runs.createRun(wanted, principalOf(request), expectedRevision(request))
    return reply.code(201).send(run)
  })

  for (const verb of interventionVerbs) {
    app.post<{ Params: { id: string } }>(`/runs/:id/${verb}`, async (request) => {
      const { note } = checkedInput(interventionRequestSchema, request.body ?? undefined)
      const principal = principalOf(request)
      const noted = note === undefined ? {} : { note }
      const revision = expectedRevision(request)
      const expected = revision === undefined ? {} : { expectedRevision: revision }
      return runs.intervene(request.params.id, { verb, principal, ...noted, ...expected })
    })
  }
}
