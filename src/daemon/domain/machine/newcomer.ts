import type { Machine } from '../../../contract/machine.ts'
import type { Classified } from '../../../contract/rule.ts'
import type { MachineStep } from '../workflow/machine-step.ts'
import { type PreparedRun, runFor } from '../workflow/prepare-run.ts'
import { settledState } from './machine-after-run.ts'
import { addClassifiedEvent, applyRules, type RuleSources } from './rules/apply-rules.ts'

/** `approve`: a machine that nobody has named waits until a person says that it may be used. */
export type NewMachines = 'accept' | 'approve'

export interface NewcomerSources extends RuleSources {
  readonly newMachines: NewMachines
}

/** Found by its boot, with an inventory now, and nobody has decided about it. */
export function isUndecided({ foundBy, inventory, classification, conflict }: Machine): boolean {
  const isKnown = inventory !== undefined && conflict === undefined
  return foundBy === 'network' && isKnown && classification === undefined
}

/**
 * What becomes of a machine whose inventory has come: what the rules set, and then what they order, or
 * the wait for a person before it.
 */
export async function settleNewcomer(
  step: MachineStep,
  sources: NewcomerSources,
  nowMs: number,
): Promise<void> {
  const applied = await applyRules(step, sources, nowMs)
  const { classified, order } = applied
  if (classified.outcomes.length > 0) addClassifiedEvent(step, applied)
  const isAsked = (classified.approval ?? approvalOf(sources.newMachines)) === 'required'
  if (isAsked) awaitApproval(step, because(classified), order, nowMs)
  step.changeMachine({ state: settledState(step.machine) })
  if (isAsked || order === undefined) return
  const { run, nonce } = runFor(step.machine, order, sources.secrets, nowMs)
  step.beginRun(run, nonce)
}

function approvalOf(newMachines: NewMachines): NonNullable<Classified['approval']> {
  return newMachines === 'approve' ? 'required' : 'waived'
}

/** Who wants a person to be asked. */
function because({ approval, outcomes }: Classified): string {
  if (approval !== 'required') return 'new machines wait for approval here'
  const rules = outcomes.filter(({ outcome }) => outcome === 'fits').map(({ rule }) => rule)
  return `rule ${rules.join(', ')} wants it approved`.slice(0, 300)
}

function awaitApproval(
  step: MachineStep,
  why: string,
  order: PreparedRun | undefined,
  sinceMs: number,
): void {
  const { id, name } = step.machine
  const wanted = orderedWork(order)
  step.changeMachine({
    approval: { state: 'pending', because: why, sinceMs, ...wanted },
  })
  const body = {
    machineName: name,
    because: why,
    ...(wanted.order && { workflow: wanted.order.workflow }),
  }
  step.addEvent({ type: 'machine', action: 'approval-pending', key: id, body })
}

/** What begins when the machine is approved. */
export function orderedWork(
  order: PreparedRun | undefined,
): Pick<NonNullable<Machine['approval']>, 'order'> {
  return order === undefined
    ? {}
    : { order: { workflow: order.workflow.name, params: order.params } }
}
