import type { FastifyInstance } from 'fastify'

import { machineChangeSchema, newMachineSchema } from '../../contract/api-documents.ts'
import { mayTouch } from '../domain/access/caller.ts'
import { checkedInput } from './checked-input.ts'
import type { OperatorServices } from './operator-services.ts'
import { ResourceNotFoundError } from './problem.ts'
import { callerOf, principalOf } from './principal.ts'

/** `/machines`: list, show, make known before the first boot, change; what one would boot now. */
export function machineRoutes(app: FastifyInstance, { machines, runs }: OperatorServices): void {
  app.get('/machines', async (request) => {
    const { machines: all, seq } = await runs.snapshot()
    const caller = callerOf(request)
    return { items: all.filter((machine) => mayTouch(caller, machine)), seq }
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

  app.patch<{ Params: { reference: string } }>('/machines/:reference', async (request) => {
    const change = checkedInput(machineChangeSchema, request.body)
    return machines.changeMachine(request.params.reference, change, principalOf(request))
  })

  app.post('/machines', async (request, reply) => {
    const wanted = checkedInput(newMachineSchema, request.body)
    return reply.code(201).send(await machines.addMachine(wanted, principalOf(request)))
  })
}
