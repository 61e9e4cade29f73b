import type { FastifyInstance, FastifyRequest } from 'fastify'

import { machineChangeSchema, newMachineSchema } from '../../contract/api-documents.ts'
import { type Machine, machineSchema } from '../../contract/machine.ts'
import { machineActionSchemas, machineVerbs } from '../../contract/machine-actions.ts'
import { mayTouch } from '../domain/access/caller.ts'
import { checkedInput } from './checked-input.ts'
import { pageOf } from './list-page.ts'
import type { OperatorServices } from './operator-services.ts'
import { expectedRevision } from './preconditions.ts'
import { ResourceNotFoundError } from './problem.ts'
import { callerOf, principalOf } from './principal.ts'

/** What is out of use stands in a list that asks for it, by `all` or by its state. */
function asksForRetired(query: object): boolean {
  const { all, state } = query as { all?: unknown; state?: unknown }
  return all === 'true' || state !== undefined || 'retirement.by' in query
}

/** A token that is limited to some machines merges none into another's. */
async function requireTouchable(
  request: FastifyRequest,
  reference: string | undefined,
  machines: OperatorServices['machines'],
): Promise<void> {
  if (reference === undefined) return
  const machine = await machines.findMachine(reference)
  if (machine !== undefined && mayTouch(callerOf(request), machine)) return
  throw new ResourceNotFoundError(`no machine is called ${reference}`)
}

/** `/machines`: list, show, make known before the first boot, change, every verb of a person; its past, its next boot. */
export function machineRoutes(
  app: FastifyInstance,
  { explainer, machines, runs }: OperatorServices,
): void {
  app.get('/machines', async (request) => {
    const { machines: all, seq } = await runs.snapshot()
    const caller = callerOf(request)
    const isAsked = asksForRetired(request.query as object)
    const visible = all.filter(
      (machine) => mayTouch(caller, machine) && (isAsked || machine.retirement === undefined),
    )
    const page = { schema: machineSchema, keyOf: (machine: Machine) => machine.id }
    return { ...pageOf(request, visible, page), seq }
  })

  app.get<{ Params: { reference: string } }>('/machines/:reference', async (request) => {
    const { reference } = request.params
    const machine = await machines.findMachine(reference)
    if (machine === undefined) {
      throw new ResourceNotFoundError(`no machine is called ${reference}`, {
        remedy: 'repave machine list',
      })
    }
    return machine
  })

  app.get<{ Params: { reference: string } }>(
    '/machines/:reference/boot-decision',
    async (request) => machines.bootDecisionOf(request.params.reference),
  )

  app.get<{ Params: { reference: string } }>('/machines/:reference/explanation', async (request) =>
    explainer.explain(request.params.reference),
  )

  app.patch<{ Params: { reference: string } }>('/machines/:reference', async (request) => {
    const change = checkedInput(machineChangeSchema, request.body)
    const { reference } = request.params
    const revision = expectedRevision(request)
    return machines.changeMachine(reference, change, principalOf(request), revision)
  })

  app.get<{ Params: { reference: string } }>('/machines/:reference/history', async (request) => ({
    items: await machines.historyOf(request.params.reference),
  }))

  for (const verb of machineVerbs) {
    app.post<{ Params: { reference: string } }>(`/machines/:reference/${verb}`, async (request) => {
      const said = checkedInput(machineActionSchemas[verb], request.body ?? undefined)
      const action = { ...said, verb }
      if ('into' in action) await requireTouchable(request, action.into, machines)
      const { reference } = request.params
      return machines.actOn(reference, action, principalOf(request), expectedRevision(request))
    })
  }

  app.post('/machines', async (request, reply) => {
    const wanted = checkedInput(newMachineSchema, request.body)
    return reply.code(201).send(await machines.addMachine(wanted, principalOf(request)))
  })
}
