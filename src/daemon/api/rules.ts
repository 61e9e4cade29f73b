import type { FastifyInstance } from 'fastify'

import { ruleTrialSchema } from '../../contract/rule.ts'
import { mayTouch } from '../domain/access/caller.ts'
import { machineMatcher } from '../domain/selection/machine-matcher.ts'
import type { OperatorServices } from './operator-services.ts'
import { checkedInput } from './requests/checked-input.ts'
import { callerOf } from './requests/principal.ts'
import { touchableMachine } from './requests/touchable-machine.ts'

/** `/rules`: those for newcomers, and what they would make of a machine. */
export function ruleRoutes(
  app: FastifyInstance,
  { machines, rules }: Pick<OperatorServices, 'machines' | 'rules'>,
): void {
  app.get('/rules', async () => ({ items: rules.listRules() }))

  app.post('/rules/dry-run', async (request) => {
    const { machine: reference, selector } = checkedInput(
      ruleTrialSchema,
      request.body ?? undefined,
    )
    if (reference !== undefined) {
      return { items: [rules.tryRules(await touchableMachine(request, reference, machines))] }
    }
    const caller = callerOf(request)
    const isMeant = selector === undefined ? () => true : machineMatcher(selector)
    const meant = (await machines.listMachines()).filter(
      (machine) =>
        mayTouch(caller, machine) && machine.retirement === undefined && isMeant(machine),
    )
    return { items: meant.map((machine) => rules.tryRules(machine)) }
  })
}
