import type { FastifyInstance } from 'fastify'

import { machineChangeSchema, newMachineSchema } from '../../contract/api-documents.ts'
import { type Machine, machineSchema } from '../../contract/machine.ts'
import { mayTouch } from '../domain/access/caller.ts'
import { checkedInput } from './checked-input.ts'
import { pageOf } from './list-page.ts'
import type { OperatorServices } from './operator-services.ts'
import { expectedRevision } from './preconditions.ts'
import { ResourceNotFoundError } from './problem.ts'
import { callerOf, principalOf } from './principal.ts'

/** `/machines`: list, show, make known before the first boot, change; what one would boot now. */
export function machineRoutes(
  app: FastifyInstance,
  { explainer, machines, runs }: OperatorServices,
): void {
  app.get('/machines', async (request) => {
    const { machines: all, seq } = await runs.snapshot()
    const caller = callerOf(request)
    const visible = all.filter((machine) => mayTouch(caller, machine))
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

  app.post('/machines', async (request, reply) => {
    const wanted = checkedInput(newMachineSchema, request.body)
    return reply.code(201).send(await machines.addMachine(wanted, principalOf(request)))
  })
}
