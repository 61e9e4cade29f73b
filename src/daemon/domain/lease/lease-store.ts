import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'

/** An address lent to a client until `expiresAtMs` (wall clock, because it outlives the process). */
export interface Lease {
  readonly address: Ipv4Address
  readonly macAddress: MacAddress
  readonly expiresAtMs: number
  /** `declined`: somebody else uses the address; lent to nobody until `expiresAtMs`. */
  readonly state: 'bound' | 'declined'
}

/** What the DHCP server keeps. The SQLite store implements it. */
export interface LeaseStore {
  /** Every lease, expired ones too; read once at start. */
  readLeases(): Promise<readonly Lease[]>
  /**
   * Resolves when the lease is on disk (fsync done); only then may an ACK leave. Many calls at once
   * share one commit. Replaces the row of that address.
   */
  writeLease(lease: Lease): Promise<void>
  deleteLease(address: Ipv4Address): Promise<void>
}
