import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'

/** Who has an address now, and until when on the monotonic clock. */
export interface Holding {
  readonly macAddress: MacAddress
  readonly state: 'offered' | 'bound' | 'declined'
  readonly untilMs: number
}

/**
 * Who has which address. Each address of the pool is in one place: held, lapsed (its last client may
 * have it again) or free. Keeps no time: `sweep` is told what time it is.
 */
export class LeaseTable {
  readonly #pool: ReadonlySet<Ipv4Address>
  readonly #free: Set<Ipv4Address>
  readonly #held = new Map<Ipv4Address, Holding>()
  /** Oldest first. */
  readonly #lapsed = new Map<Ipv4Address, MacAddress>()
  readonly #offerOf = new Map<MacAddress, Ipv4Address>()
  readonly #leaseOf = new Map<MacAddress, Ipv4Address>()
  #nextExpiryMs = Number.POSITIVE_INFINITY

  constructor(pool: Iterable<Ipv4Address>) {
    this.#pool = new Set(pool)
    this.#free = new Set(this.#pool)
  }

  get poolSize(): number {
    return this.#pool.size
  }

  /** Addresses of the pool that nobody holds. */
  get availableCount(): number {
    return this.#free.size + this.#lapsed.size
  }

  isInPool(address: Ipv4Address): boolean {
    return this.#pool.has(address)
  }

  isFree(address: Ipv4Address): boolean {
    return this.#free.has(address)
  }

  holdingOf(address: Ipv4Address): Holding | undefined {
    return this.#held.get(address)
  }

  holdings(): Iterable<Holding> {
    return this.#held.values()
  }

  offeredTo(macAddress: MacAddress): Ipv4Address | undefined {
    return this.#offerOf.get(macAddress)
  }

  /** The address that the client has leased, or had last when nobody else got it since. */
  leasedTo(macAddress: MacAddress): Ipv4Address | undefined {
    return this.#leaseOf.get(macAddress)
  }

  /** An address that nobody ever had, else the one that has been unused for longest. */
  nextAvailable(): Ipv4Address | undefined {
    for (const address of this.#free) return address
    for (const address of this.#lapsed.keys()) return address
    return undefined
  }

  /** Gives the address to a client, whoever had it. A client holds one offer at a time. */
  hold(address: Ipv4Address, holding: Holding): void {
    const { macAddress, state, untilMs } = holding
    this.#forget(address, state === 'declined' ? undefined : macAddress)
    const previousOffer = this.#offerOf.get(macAddress)
    if (state !== 'declined' && previousOffer !== undefined && previousOffer !== address) {
      this.letGo(previousOffer)
    }
    this.#held.set(address, holding)
    if (state === 'offered') this.#offerOf.set(macAddress, address)
    if (state === 'bound') {
      this.#offerOf.delete(macAddress)
      this.#leaseOf.set(macAddress, address)
    }
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, untilMs)
  }

  /** Takes the address from its holder, who gets it again if it asks before somebody else does. */
  letGo(address: Ipv4Address): void {
    const macAddress = this.#held.get(address)?.macAddress
    if (macAddress === undefined || this.#leaseOf.get(macAddress) !== address) {
      this.free(address)
      return
    }
    this.#held.delete(address)
    if (this.#offerOf.get(macAddress) === address) this.#offerOf.delete(macAddress)
    if (this.#pool.has(address)) this.#lapsed.set(address, macAddress)
    else this.#leaseOf.delete(macAddress)
  }

  /** Takes the address from its holder for good. */
  free(address: Ipv4Address): void {
    this.#forget(address, undefined)
    if (this.#pool.has(address)) this.#free.add(address)
  }

  /** Ends every offer, lease and quarantine whose time is over. */
  sweep(monotonicMs: number): void {
    if (monotonicMs < this.#nextExpiryMs) return
    this.#nextExpiryMs = Number.POSITIVE_INFINITY
    for (const [address, { untilMs }] of this.#held) {
      if (untilMs <= monotonicMs) this.letGo(address)
      else this.#nextExpiryMs = Math.min(this.#nextExpiryMs, untilMs)
    }
  }

  /** Removes every trace of the address, except what ties it to `keeper`. */
  #forget(address: Ipv4Address, keeper: MacAddress | undefined): void {
    for (const owner of [this.#held.get(address)?.macAddress, this.#lapsed.get(address)]) {
      if (owner === undefined || owner === keeper) continue
      if (this.#leaseOf.get(owner) === address) this.#leaseOf.delete(owner)
      if (this.#offerOf.get(owner) === address) this.#offerOf.delete(owner)
    }
    this.#held.delete(address)
    this.#lapsed.delete(address)
    this.#free.delete(address)
  }
}
