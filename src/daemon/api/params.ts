import type { FastifyInstance } from 'fastify'

import type { Machine } from '../../contract/machine.ts'
import { paramQuerySchema } from '../../contract/param-documents.ts'
import { type Profile, profileSchema } from '../../contract/param.ts'
import { mayTouch } from '../domain/access/caller.ts'
import { machineFaults } from '../domain/param/check-values.ts'
import { freezeParams, paramsWithin } from '../domain/param/resolve-params.ts'
import { WorkflowNotFoundError } from '../domain/workflow/errors.ts'
import type { OperatorServices } from './operator-services.ts'
import { checkedInput } from './requests/checked-input.ts'
import { pageOf } from './requests/list-page.ts'
import { callerOf } from './requests/principal.ts'
import { touchableMachine } from './requests/touchable-machine.ts'

/** `/params` and `/profiles`: what there is; `/machines/:reference/params`: what each is for a machine. */
export function paramRoutes(
  app: FastifyInstance,
  { machines, params: source }: OperatorServices,
): void {
  app.get('/params', async () => ({ items: source.params() }))

  app.get('/profiles', async (request) => {
    const visible = (await machines.listMachines()).filter((one) =>
      mayTouch(callerOf(request), one),
    )
    const items = source.profiles().map((profile) => ({
      ...profile,
      machines: visible.filter((machine) => has(machine, profile)).map(({ name }) => name),
    }))
    return pageOf(request, items, { schema: profileSchema, keyOf: ({ name }) => name })
  })

  app.get<{ Params: { reference: string } }>('/machines/:reference/params', async (request) => {
    const { workflow: name, stage } = checkedInput(paramQuerySchema, request.query)
    const machine = await touchableMachine(request, request.params.reference, machines)
    const workflow = name === undefined ? undefined : source.workflow(name)
    if (name !== undefined && workflow === undefined) throw new WorkflowNotFoundError(name)
    const frozen = freezeParams({ machine, ...(workflow && { workflow }) }, source)
    return {
      machineName: machine.name,
      profiles: machine.profiles ?? [],
      items: paramsWithin(frozen, stage),
      faults: machineFaults(machine, source),
    }
  })
}

function has({ profiles = [] }: Machine, { name }: Profile): boolean {
  return profiles.includes(name)
}
