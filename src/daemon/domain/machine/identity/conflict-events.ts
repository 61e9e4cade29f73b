import type { IdentityConflict } from '../../../../contract/machine-standing.ts'
import type { Failure } from '../../../../contract/run.ts'
import type { MachineStep } from '../../workflow/machine-step.ts'

/** An alarm for the machine itself, and word of it for each that it looks like. */
export function addConflictEvents(step: MachineStep, conflict: IdentityConflict): void {
  const { id, name } = step.machine
  const { kind, because, claim, others } = conflict
  const body = { machineName: name, kind, because, claim, others }
  step.addEvent({ type: 'machine', action: 'conflict', key: id, body })
  if (kind === 'contradicts') return
  for (const { machineId, machineName, because: likeness } of others) {
    step.addEvent({
      type: 'machine',
      action: 'contested',
      key: machineId,
      machineId,
      body: { machineName, by: name, because: likeness },
    })
  }
}

/** It is the machine on record, and not all of it is as the record has it. */
export function addChangeEvent(step: MachineStep, changes: readonly string[]): void {
  const { id, name } = step.machine
  const body = { machineName: name, because: changes.join('; ').slice(0, 1000) }
  step.addEvent({ type: 'machine', action: 'identity-changed', key: id, body })
}

/** Why its run is held. */
export function conflictFailure({ because }: IdentityConflict): Failure {
  return { code: 'ERR_MACHINE_IN_CONFLICT', message: because, retryable: false }
}
