import type { Machine } from '../../../contract/machine.ts'

/** Machines that were seen and never joined, at most; a flood of made-up addresses ends here. */
export const maximumUnknownMachines = 1000

/** Whoever boots now is not the one that has to go. */
const stillBootingMs = 15 * 60_000

/** Room for one more unknown machine: there is some, somebody has to go first, or there is none. */
export type Room =
  | { readonly kind: 'room' }
  | { readonly kind: 'evict'; readonly machine: Machine }
  | { readonly kind: 'full' }

/** A record that a boot made, and of which nothing has come since, is the one that may go. */
export function roomForUnknown(machines: readonly Machine[], nowMs: number): Room {
  const unknown = machines.filter(
    ({ foundBy, inventory, conflict, runId }) =>
      foundBy === 'network' &&
      inventory === undefined &&
      conflict === undefined &&
      runId === undefined,
  )
  if (unknown.length < maximumUnknownMachines) return { kind: 'room' }
  const oldest = unknown.reduce((one, other) =>
    other.lastSeenAtMs < one.lastSeenAtMs ? other : one,
  )
  return oldest.lastSeenAtMs < nowMs - stillBootingMs
    ? { kind: 'evict', machine: oldest }
    : { kind: 'full' }
}
