import type { FastifyInstance } from 'fastify'

import { ruleTrialSchema } from '../../contract/rule.ts'
import { mayTouch } from '../domain/access/caller.ts'
import { checkedInput } from './checked-input.ts'
import type { OperatorServices } from './operator-services.ts'
import { ResourceNotFoundError } from './problem.ts'
import { callerOf } from './principal.ts'

/** `/rules`: those for newcomers, and what they would make of a machine. */
export function ruleRoutes(
  app: FastifyInstance,
  { machines, rules }: Pick<OperatorServices, 'machines' | 'rules'>,
): void {
  app.get('/rules', async () => ({ items: rules.listRules() }))

  app.post('/rules/dry-run', async (request) => {
    const { machine: reference } = checkedInput(ruleTrialSchema, request.body ?? undefined)
    const caller = callerOf(request)
    const all = (await machines.listMachines()).filter((machine) => mayTouch(caller, machine))
    if (reference === undefined) {
      const inUse = all.filter(({ retirement }) => retirement === undefined)
      return { items: inUse.map((machine) => rules.tryRules(machine)) }
    }
    const found = await machines.findMachine(reference)
    if (found === undefined || !mayTouch(caller, found)) {
      throw new ResourceNotFoundError(`no machine is called ${reference}`, {
        remedy: 'repave machine list',
      })
    }
    return { items: [rules.tryRules(found)] }
  })
}
