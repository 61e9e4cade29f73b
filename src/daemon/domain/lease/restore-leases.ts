import type { Clock } from '../../../base/clock.ts'
import type { Lease } from './lease-store.ts'
import type { LeaseTable } from './lease-table.ts'

/**
 * No stored lease holds its address longer than this after a start, or than a lease lasts when that is
 * longer: leases of a wall clock that was years ahead would block the pool for years.
 */
const longestStoredLeaseMs = 7 * 24 * 3_600_000

/** Gives every stored lease its place; those that have ended are remembered as their clients' last ones. */
export function restoreLeases(
  leases: readonly Lease[],
  table: LeaseTable,
  { clock, leaseSeconds }: { readonly clock: Clock; readonly leaseSeconds: number },
): void {
  const nowMs = clock.nowMs()
  const monotonicMs = clock.monotonicMs()
  const mostMs = Math.max(longestStoredLeaseMs, leaseSeconds * 1000)
  for (const { address, macAddress, state, expiresAtMs } of leases.toSorted(byExpiry)) {
    const remainingMs = Math.min(expiresAtMs - nowMs, mostMs)
    table.hold(address, { macAddress, state, untilMs: monotonicMs + remainingMs })
    if (remainingMs <= 0) table.letGo(address)
  }
}

function byExpiry(one: Lease, other: Lease): number {
  return one.expiresAtMs - other.expiresAtMs
}
