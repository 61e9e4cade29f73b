import type { FastifyInstance, FastifyRequest } from 'fastify'

import { workflowSchema } from '../../contract/workflow.ts'
import { previewSiteArguments } from '../domain/bootenv/site-arguments.ts'
import type { OperatorServices } from './operator-services.ts'
import { pageOf } from './requests/list-page.ts'
import { touchableMachine } from './requests/touchable-machine.ts'

/** `/workflows` and `/bootenvs`: what is in force; `/machines/:reference/bootenv`: what one would boot, filled in. */
export function definitionRoutes(
  app: FastifyInstance,
  { machines, params: source, runs }: OperatorServices,
): void {
  app.get('/workflows', async (request) =>
    pageOf(request, source.workflows(), { schema: workflowSchema, keyOf: ({ name }) => name }),
  )

  app.get('/bootenvs', async () => ({ items: source.bootEnvs() }))

  app.get<{ Params: { reference: string } }>('/machines/:reference/bootenv', renderBootEnv)

  async function renderBootEnv(request: FastifyRequest<{ Params: { reference: string } }>) {
    const machine = await touchableMachine(request, request.params.reference, machines)
    const decision = await machines.bootDecisionOf(machine.id)
    const { target, workflow } = decision
    if (target !== 'sledgehammer') {
      const bootEnv = target === 'hold' ? {} : { bootEnv: target }
      return { ...decision, ...bootEnv, kernelArguments: [], leftOut: [] }
    }
    const run = machine.runId === undefined ? undefined : await runs.findRun(machine.runId)
    const begun = workflow === undefined ? undefined : source.workflow(workflow)
    const site = previewSiteArguments(machine, { run, workflow: begun }, source)
    return { ...decision, bootEnv: target, ...site }
  }
}
