import type { FastifyInstance } from 'fastify'

import { machineChangeSchema, newMachineSchema } from '../../contract/api-documents.ts'
import { machineActionSchemas, machineVerbs } from '../../contract/machine-actions.ts'
import { type Machine, machineSchema } from '../../contract/machine.ts'
import { mayTouch } from '../domain/access/caller.ts'
import type { OperatorServices } from './operator-services.ts'
import { asksForRetired } from './requests/asks-for-retired.ts'
import { checkedInput } from './requests/checked-input.ts'
import { pageOf } from './requests/list-page.ts'
import { expectedRevision } from './requests/preconditions.ts'
import { callerOf, principalOf } from './requests/principal.ts'
import { touchableMachine } from './requests/touchable-machine.ts'

/** `/machines`: list, show, make known before the first boot, change, every verb of a person; its past, its next boot. */
export function machineRoutes(
  app: FastifyInstance,
  { explainer, machines }: OperatorServices,
): void {
  app.get('/machines', async (request) => {
    const { machines: all, seq } = await machines.snapshot()
    const caller = callerOf(request)
    const query = request.query as Readonly<Record<string, unknown>>
    const isAsked = query['all'] === 'true' || asksForRetired(Object.keys(query))
    const visible = all.filter(
      (machine) => mayTouch(caller, machine) && (isAsked || machine.retirement === undefined),
    )
    const page = { schema: machineSchema, keyOf: (machine: Machine) => machine.id }
    return { ...pageOf(request, visible, page), seq }
  })

  app.get<{ Params: { reference: string } }>('/machines/:reference', async (request) => {
    return touchableMachine(request, request.params.reference, machines)
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
      // A token that is limited to some machines merges none into another's.
      if ('into' in action && action.into !== undefined) {
        await touchableMachine(request, action.into, machines)
      }
      const { reference } = request.params
      return machines.actOn(reference, action, principalOf(request), expectedRevision(request))
    })
  }

  app.post('/machines', async (request, reply) => {
    const wanted = checkedInput(newMachineSchema, request.body)
    return reply.code(201).send(await machines.addMachine(wanted, principalOf(request)))
  })
}
