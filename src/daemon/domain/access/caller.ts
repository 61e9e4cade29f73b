import type { Role } from '../../../contract/access.ts'
import type { Machine } from '../../../contract/machine.ts'

/** Who asks, and what they may. */
export interface Caller {
  /** As events record it: `operator:local`, `operator:NAME` of a token. */
  readonly principal: string
  readonly role: Role
  /** Absent for the daemon's own user on the unix socket. */
  readonly tokenId?: string
  /** Absent: every machine, and the site itself. */
  readonly covers?: (machine: Machine) => boolean
}

/** The daemon's own user, who got through the unix socket's mode. */
export const localCaller: Caller = { principal: 'operator:local', role: 'admin' }

export function mayTouch(caller: Caller, machine: Machine): boolean {
  return caller.covers === undefined || caller.covers(machine)
}
