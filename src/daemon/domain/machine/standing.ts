import type { Machine } from '../../../contract/machine.ts'
import { MachineInConflictError, MachineNotApprovedError, MachineRetiredError } from './errors.ts'

/** The state of a machine that is kept from everything, whatever it did before. */
export function blockedState({
  retirement,
  conflict,
  approval,
}: Machine): Machine['state'] | undefined {
  if (retirement !== undefined) return 'retired'
  if (conflict !== undefined) return 'conflict'
  return approval?.state === 'pending' ? 'pending-approval' : undefined
}

/**
 * What is under way goes on; see {@link requireDeployable} for what is new.
 *
 * @throws {MachineRetiredError} {@link MachineInConflictError} {@link MachineNotApprovedError}
 */
export function requireUsable(machine: Machine): void {
  const { name, conflict, approval, retirement } = machine
  if (retirement !== undefined) throw new MachineRetiredError(name)
  if (conflict !== undefined) throw new MachineInConflictError(name, conflict.because)
  if (approval?.state === 'pending') throw new MachineNotApprovedError(name)
}

/**
 * Nothing new is begun on a machine while another claims to be it.
 *
 * @param contesting the machines in conflict that look like it
 * @throws as {@link requireUsable}
 */
export function requireDeployable(machine: Machine, contesting: readonly Machine[]): void {
  requireUsable(machine)
  const [other] = contesting
  if (other === undefined) return
  throw new MachineInConflictError(machine.name, contestedText(other), other.name)
}

export function contestedText({ name }: Machine): string {
  return `${name} looks like it, and nobody has said which is which`
}

/** What keeps an agent without work, for its console. */
export function standingReason(machine: Machine): string | undefined {
  const { name, conflict, approval } = machine
  if (conflict !== undefined) return `a person: ${conflict.because}`.slice(0, 200)
  if (approval?.state === 'pending') return `approval: repave machine approve ${name}`
  return undefined
}
