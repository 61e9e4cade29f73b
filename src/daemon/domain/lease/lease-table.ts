import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import { AddressPool } from './address-pool.ts'
import type { NumberRange } from './address-range.ts'
import { ExpiryCalendar } from './expiry-calendar.ts'

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
  readonly #pool: AddressPool
  readonly #held = new Map<Ipv4Address, Holding>()
  /** Oldest first. */
  readonly #lapsed = new Map<Ipv4Address, MacAddress>()
  readonly #offerOf = new Map<MacAddress, Ipv4Address>()
  readonly #leaseOf = new Map<MacAddress, Ipv4Address>()
  readonly #declined = new Set<Ipv4Address>()
  readonly #expiries: ExpiryCalendar<Ipv4Address>
  readonly #counts = { offered: 0, bound: 0, declined: 0 }
  #heldOfPool = 0

  constructor(pool: readonly NumberRange[], monotonicMs: number) {
    this.#pool = new AddressPool(pool)
    this.#expiries = new ExpiryCalendar(monotonicMs)
  }

  get poolSize(): number {
    return this.#pool.size
  }

  /** Addresses of the pool that nobody holds. */
  get availableCount(): number {
    return this.#pool.size - this.#heldOfPool
  }

  /** How many addresses are held how, those outside the pool too. */
  get counts(): Readonly<Record<Holding['state'], number>> {
    return this.#counts
  }

  isInPool(address: Ipv4Address): boolean {
    return this.#pool.contains(address)
  }

  /** Whether the address is of the pool, and neither held nor its last client's to have again. */
  isFree(address: Ipv4Address): boolean {
    return !this.#isTaken(address) && this.#pool.contains(address)
  }

  holdingOf(address: Ipv4Address): Holding | undefined {
    return this.#held.get(address)
  }

  holdings(): Iterable<readonly [Ipv4Address, Holding]> {
    return this.#held
  }

  /** Addresses and the clients that may have them again, oldest first. */
  lapsed(): Iterable<readonly [Ipv4Address, MacAddress]> {
    return this.#lapsed
  }

  /** How many addresses this client had put into quarantine. */
  declinedBy(macAddress: MacAddress): number {
    let count = 0
    for (const address of this.#declined) {
      if (this.#held.get(address)?.macAddress === macAddress) count++
    }
    return count
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
    const free = this.#pool.next(this.#isTaken)
    if (free !== undefined) return free
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
    this.#counts[state]++
    if (this.#pool.contains(address)) this.#heldOfPool++
    if (state === 'offered') this.#offerOf.set(macAddress, address)
    if (state === 'declined') this.#declined.add(address)
    if (state === 'bound') {
      this.#offerOf.delete(macAddress)
      this.#leaseOf.set(macAddress, address)
    }
    this.#expiries.note(address, untilMs)
  }

  /** Takes the address from its holder, who gets it again if it asks before somebody else does. */
  letGo(address: Ipv4Address): void {
    const macAddress = this.#held.get(address)?.macAddress
    if (macAddress === undefined || this.#leaseOf.get(macAddress) !== address) {
      this.free(address)
      return
    }
    this.#release(address)
    if (this.#offerOf.get(macAddress) === address) this.#offerOf.delete(macAddress)
    if (this.#pool.contains(address)) this.#lapsed.set(address, macAddress)
    else this.#leaseOf.delete(macAddress)
  }

  /** Takes the address from its holder for good. */
  free(address: Ipv4Address): void {
    this.#forget(address, undefined)
    if (this.#pool.contains(address)) this.#pool.giveBack(address)
  }

  /** Ends every offer, lease and quarantine whose time is over, to the second. */
  sweep(monotonicMs: number): void {
    for (const address of this.#expiries.takeDue(monotonicMs)) {
      const holding = this.#held.get(address)
      if (holding === undefined) continue
      if (holding.untilMs <= monotonicMs) this.letGo(address)
      else this.#expiries.note(address, holding.untilMs)
    }
  }

  readonly #isTaken = (address: Ipv4Address): boolean =>
    this.#held.has(address) || this.#lapsed.has(address)

  /** Removes every trace of the address, except what ties it to `keeper`. */
  #forget(address: Ipv4Address, keeper: MacAddress | undefined): void {
    for (const owner of [this.#held.get(address)?.macAddress, this.#lapsed.get(address)]) {
      if (owner === undefined || owner === keeper) continue
      if (this.#leaseOf.get(owner) === address) this.#leaseOf.delete(owner)
      if (this.#offerOf.get(owner) === address) this.#offerOf.delete(owner)
    }
    this.#release(address)
    this.#lapsed.delete(address)
  }

  #release(address: Ipv4Address): void {
    const holding = this.#held.get(address)
    if (holding === undefined) return
    this.#held.delete(address)
    this.#declined.delete(address)
    this.#counts[holding.state]--
    if (this.#pool.contains(address)) this.#heldOfPool--
  }
}
