import type { Machine } from '../../../contract/machine.ts'
import type { MachineStep } from '../workflow/machine-step.ts'
import { settledState } from './machine-after-run.ts'

/** `approve`: a machine that nobody has named waits until a person says that it may be used. */
export type NewMachines = 'accept' | 'approve'

/** Found by its boot, with an inventory now, and nobody has decided about it. */
export function isUndecided({ foundBy, approval, classification, conflict }: Machine): boolean {
  return (
    foundBy === 'network' &&
    approval === undefined &&
    classification === undefined &&
    conflict === undefined
  )
}

/** What becomes of a machine whose inventory has come for the first time. */
export function settleNewcomer(step: MachineStep, newMachines: NewMachines, nowMs: number): void {
  if (newMachines === 'approve') {
    const because = 'new machines wait for approval here'
    step.changeMachine({ approval: { state: 'pending', because, sinceMs: nowMs } })
    step.addEvent({
      type: 'machine',
      action: 'approval-pending',
      key: step.machine.id,
      body: { machineName: step.machine.name, because },
    })
  }
  step.changeMachine({ state: settledState(step.machine) })
}
