import type { MachineStep } from '../workflow/machine-step.ts'
import { runFor } from '../workflow/prepare-run.ts'
import { type ActionOnMachine, requireIdle } from './action-on-machine.ts'
import { MachineInConflictError, MachineRetiredError, MachineVerbUnfitError } from './errors.ts'
import { orderedWork } from './newcomer.ts'
import { addClassifiedEvent, applyRules } from './rules/apply-rules.ts'
import { requireDeployable } from './standing.ts'

/**
 * Has the rules decide once more. What they order begins only where that is asked for: the machine may be
 * in use. One that waits for approval goes on waiting, for what they order now.
 *
 * @throws {MachineVerbUnfitError} {@link MachineRetiredError} {@link MachineInConflictError}
 *   {@link RunUnderWayError} {@link MachineNotApprovedError}
 */
export async function classifyAgain(on: ActionOnMachine): Promise<MachineStep> {
  const { machine, action, principal, clock, keeper, secrets, state } = on
  const { approval, conflict, inventory, name, retirement } = machine
  if (retirement !== undefined) throw new MachineRetiredError(name)
  if (conflict !== undefined) throw new MachineInConflictError(name, conflict.because)
  if (inventory === undefined) {
    throw new MachineVerbUnfitError(
      `${name} has shown no inventory that rules could go by`,
      'boot it from the network, then try again',
    )
  }
  requireIdle(on)
  if (action.run === true) requireDeployable(machine, state.contesting(machine.id))
  const nowMs = clock.nowMs()
  const step = keeper.begin(machine, principal)
  const applied = await applyRules(step, on, nowMs)
  const { order } = applied
  if (approval?.state === 'pending') {
    const { order: _before, ...waiting } = approval
    step.changeMachine({ approval: { ...waiting, ...orderedWork(order) } })
  }
  addClassifiedEvent(step, applied, action.note === undefined ? {} : { note: action.note })
  if (action.run !== true || order === undefined) return step
  const { run, nonce } = runFor(step.machine, order, secrets, nowMs)
  step.beginRun(run, nonce)
  return step
}
