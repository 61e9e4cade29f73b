import { inertText } from '../../../base/ascii.ts'
import { messageOf } from '../../../base/coded-error.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Classified } from '../../../contract/rule.ts'
import type { EngineState } from '../workflow/engine-state.ts'
import type { MachineStep } from '../workflow/machine-step.ts'
import { type PreparedRun, prepareRun, runFor, type RunSources } from '../workflow/prepare-run.ts'
import { settledState } from './machine-after-run.ts'
import { classify } from './rules/classify.ts'

/** `approve`: a machine that nobody has named waits until a person says that it may be used. */
export type NewMachines = 'accept' | 'approve'

export interface NewcomerSources extends RunSources {
  readonly state: Pick<EngineState, 'machines' | 'machineCalled'>
  readonly newMachines: NewMachines
}

/** Found by its boot, with an inventory now, and nobody has decided about it. */
export function isUndecided({ foundBy, inventory, classification, conflict }: Machine): boolean {
  const isKnown = inventory !== undefined && conflict === undefined
  return foundBy === 'network' && isKnown && classification === undefined
}

/**
 * What becomes of a machine whose inventory has come: what the rules set, and then what they order, or
 * the wait for a person before it. What cannot be is told with the reason, and holds up nothing else.
 */
export async function settleNewcomer(
  step: MachineStep,
  sources: NewcomerSources,
  nowMs: number,
): Promise<void> {
  const { content, state, newMachines } = sources
  const { id, name: nameBefore } = step.machine
  const classified = classify(step.machine, content.rules(), {
    machines: state.machines(),
    isNameTaken: (name) => (state.machineCalled(name)?.id ?? id) !== id,
  })
  const { workflow, workflowParams = {}, ...changes } = classified.set
  // Members that are not set are not there.
  step.changeMachine(changes as Partial<Machine>)
  const isAsked = (classified.approval ?? approvalOf(newMachines)) === 'required'
  const prepared =
    workflow === undefined
      ? undefined
      : await preparation(step.machine, workflow, workflowParams, sources)
  const problems = [
    ...classified.problems,
    ...(typeof prepared === 'string' ? [`${workflow} cannot run: ${prepared}`.slice(0, 500)] : []),
  ]
  step.changeMachine({ classification: recordOf(classified, problems, nowMs) })
  addClassifiedEvent(step, classified, { nameBefore, problems })
  const order = typeof prepared === 'object' ? prepared : undefined
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

/** The order, or why it cannot be. */
async function preparation(
  machine: Machine,
  workflow: string,
  params: NonNullable<Classified['set']['workflowParams']>,
  sources: RunSources,
): Promise<PreparedRun | string> {
  try {
    return await prepareRun(machine, workflow, params, sources)
  } catch (error) {
    return messageOf(error)
  }
}

function recordOf(
  { outcomes }: Classified,
  problems: readonly string[],
  atMs: number,
): NonNullable<Machine['classification']> {
  const rules = outcomes.filter(({ outcome }) => outcome === 'fits').slice(0, 64)
  return {
    atMs,
    rules: rules.map(({ rule, because: why }) => ({ rule, because: why })),
    ...(problems.length === 0 ? {} : { problems: problems.map((text) => inertText(text, 500)) }),
  }
}

function awaitApproval(
  step: MachineStep,
  why: string,
  order: PreparedRun | undefined,
  sinceMs: number,
): void {
  const { id, name } = step.machine
  const wanted = order && { workflow: order.workflow.name, params: order.params }
  step.changeMachine({
    approval: {
      ...{ state: 'pending', because: why, sinceMs },
      ...(wanted === undefined ? {} : { order: wanted }),
    },
  })
  const body = { machineName: name, because: why, ...(wanted && { workflow: wanted.workflow }) }
  step.addEvent({ type: 'machine', action: 'approval-pending', key: id, body })
}

function addClassifiedEvent(
  step: MachineStep,
  { outcomes, set }: Classified,
  { nameBefore, problems }: { nameBefore: string; problems: readonly string[] },
): void {
  const fitting = outcomes.filter(({ outcome }) => outcome === 'fits')
  if (outcomes.length === 0) return
  const { id, name } = step.machine
  const why = fitting.map((each) => `${each.rule}: ${each.because}`).join('; ')
  const body = {
    machineName: name,
    ...(name === nameBefore ? {} : { nameBefore }),
    rules: fitting.map(({ rule }) => rule),
    because: why === '' ? 'no rule fits it' : why.slice(0, 1000),
    set,
    ...(problems.length === 0 ? {} : { problem: problems.join('; ').slice(0, 1000), problems }),
  }
  step.addEvent({ type: 'machine', action: 'classified', key: id, body })
}
