import type { Ipv4Address } from '../../src/base/ipv4-address.ts'
import type { Lease, LeaseStore } from '../../src/daemon/domain/lease/lease-store.ts'

/** Leases in memory. `beforeWrite` stands in every write's way: throw in it, and nothing is stored. */
export class MemoryLeaseStore implements LeaseStore {
  readonly leases = new Map<Ipv4Address, Lease>()
  writeCount = 0
  beforeWrite: () => Promise<void> = () => Promise.resolve()

  constructor(leases: readonly Lease[] = []) {
    for (const lease of leases) this.leases.set(lease.address, lease)
  }

  async readLeases(): Promise<readonly Lease[]> {
    return [...this.leases.values()]
  }

  async writeLease(lease: Lease): Promise<void> {
    await this.beforeWrite()
    this.writeCount++
    this.leases.set(lease.address, lease)
  }

  async deleteLease(address: Ipv4Address): Promise<void> {
    await this.beforeWrite()
    this.leases.delete(address)
  }
}

/** A store whose disk is full. */
export function brokenLeaseStore(): MemoryLeaseStore {
  const store = new MemoryLeaseStore()
  store.beforeWrite = () => Promise.reject(new Error('no space left on device'))
  return store
}
