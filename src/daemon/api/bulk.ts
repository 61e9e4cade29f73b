import type { FastifyInstance } from 'fastify'

import { CodedError } from '../../base/coded-error.ts'
import { type BulkAction, type BulkAnswer, bulkRequestSchema } from '../../contract/bulk.ts'
import type { MachineAction } from '../../contract/machine-actions.ts'
import type { Machine } from '../../contract/machine.ts'
import type { InterventionVerb } from '../../contract/run.ts'
import { mayTouch } from '../domain/access/caller.ts'
import { machineMatcher } from '../domain/selection/machine-matcher.ts'
import type { OperatorServices } from './operator-services.ts'
import { asksForRetired } from './requests/asks-for-retired.ts'
import { checkedInput } from './requests/checked-input.ts'
import { callerOf } from './requests/principal.ts'
import { problemOf, ResourceNotFoundError } from './requests/problem.ts'

/** Another number of machines than the caller expected; nothing was done. */
export class SelectionChangedError extends CodedError {
  readonly code = 'ERR_SELECTION_CHANGED'

  constructor(expected: number, found: number) {
    super(`the selector means ${found} machines, not ${expected}`, {
      remedy: 'look again with dryRun, and decide anew',
    })
  }
}

type BulkItem = BulkAnswer['items'][number]

/** `/bulk`: one thing done to every machine of a selector. */
export function bulkRoutes(app: FastifyInstance, services: OperatorServices): void {
  app.post('/bulk', async (request): Promise<BulkAnswer> => {
    const { selector, action, expect, dryRun } = checkedInput(bulkRequestSchema, request.body)
    const caller = callerOf(request)
    const isMeant = machineMatcher(selector)
    const isRetiredMeant = asksForRetired([...new URLSearchParams(selector).keys()])
    const isInUse = ({ retirement }: Machine) => isRetiredMeant || retirement === undefined
    const meant = (await services.machines.listMachines())
      .filter((machine) => mayTouch(caller, machine) && isInUse(machine) && isMeant(machine))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    if (expect !== undefined && expect !== meant.length) {
      throw new SelectionChangedError(expect, meant.length)
    }
    const items: BulkItem[] = []
    for (const machine of meant) {
      const named = { machineId: machine.id, machineName: machine.name }
      if (dryRun) items.push({ ...named, outcome: 'selected' })
      else items.push(await attempt(services, machine, action, caller.principal))
    }
    const count = (outcome: BulkItem['outcome']) =>
      items.filter((item) => item.outcome === outcome).length
    return { items, done: count('done'), refused: count('refused') }
  })
}

async function attempt(
  services: OperatorServices,
  machine: Machine,
  action: BulkAction,
  principal: string,
): Promise<BulkItem> {
  const named = { machineId: machine.id, machineName: machine.name }
  try {
    const runId = await carryOut(services, machine, action, principal)
    return { ...named, outcome: 'done', ...(runId === undefined ? {} : { runId }) }
  } catch (thrown) {
    const problem = problemOf(thrown)
    if (problem.status === 500) throw thrown
    return { ...named, outcome: 'refused', problem }
  }
}

/** Returns the run that it made or changed. */
async function carryOut(
  { machines, runs }: OperatorServices,
  machine: Machine,
  action: BulkAction,
  principal: string,
): Promise<string | undefined> {
  if (action.do === 'run') {
    const { do: _do, ...wanted } = action
    return (await runs.createRun({ ...wanted, machine: machine.id }, principal)).id
  }
  if (action.do === 'change') {
    const { do: _do, ...change } = action
    await machines.changeMachine(machine.id, change, principal)
    return undefined
  }
  const said = machineActionOf(action)
  if (said !== undefined) {
    await machines.actOn(machine.id, said, principal)
    return undefined
  }
  const { do: verb, note } = action as Extract<BulkAction, { do: InterventionVerb }>
  if (machine.runId === undefined) {
    throw new ResourceNotFoundError(`${machine.name} has no run`)
  }
  const noted = note === undefined ? {} : { note }
  return (await runs.intervene(machine.runId, { verb, principal, ...noted })).id
}

const machineVerbOf = {
  'approve-machine': 'approve',
  'retire-machine': 'retire',
  'reinstate-machine': 'reinstate',
} as const

function machineActionOf(action: BulkAction): MachineAction | undefined {
  if (action.do === 'note-machine') return { verb: 'notes', text: action.text }
  if (action.do === 'classify-machine') {
    return { verb: 'classify', run: action.run, note: action.note }
  }
  if (!Object.hasOwn(machineVerbOf, action.do)) return undefined
  const { do: name, note } = action as Extract<BulkAction, { do: keyof typeof machineVerbOf }>
  return { verb: machineVerbOf[name], note }
}
