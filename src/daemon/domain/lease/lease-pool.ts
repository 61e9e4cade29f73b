import type { Clock } from '../../../base/clock.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { Ipv4Network } from '../../../base/ipv4-network.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import { type AddressRange, lendableAddresses } from './address-range.ts'
import type { Lease, LeaseStore } from './lease-store.ts'
import { LeaseTable } from './lease-table.ts'

export interface Reservation {
  readonly macAddress: MacAddress
  readonly address: Ipv4Address
}

export interface LeasePoolOptions {
  readonly network: Ipv4Network
  readonly range: AddressRange
  /** Inside the range and yet never lent: the server itself, the router. */
  readonly excluded: readonly Ipv4Address[]
  readonly reservations: readonly Reservation[]
  readonly leaseSeconds: number
  /** Known machines may use the addresses that are held back from strangers. */
  readonly isKnownMachine: (macAddress: MacAddress) => boolean
  readonly leaseStore: LeaseStore
  readonly clock: Clock
}

export type Offer =
  | { readonly kind: 'offered'; readonly address: Ipv4Address }
  /** `held-back`: what is left is for known machines. */
  | { readonly kind: 'none'; readonly because: 'pool-full' | 'held-back' }

export type Binding =
  | { readonly kind: 'bound'; readonly lease: Lease }
  | { readonly kind: 'refused'; readonly because: string }

export type Decline = 'quarantined' | 'spared' | 'not-theirs'

/** How long an offer stands; it lives in memory only, so that a flood of them costs no disk. */
export const offerSeconds = 60

/** How long an address that somebody else uses is lent to nobody. */
export const quarantineSeconds = 600

/**
 * No stored lease holds its address longer than this after a start, or than a lease lasts when that is
 * longer: leases of a wall clock that was years ahead would block the pool for years.
 */
const longestStoredLeaseMs = 7 * 24 * 3_600_000

/** Addresses that one client may have put into quarantine at one time. */
const mostQuarantinedPerClient = 8

/** A pool in which every stored lease has its place. @throws {PoolRangeError} */
export async function openLeasePool(options: LeasePoolOptions): Promise<LeasePool> {
  const excluded = [...options.excluded, ...options.reservations.map(({ address }) => address)]
  const pool = lendableAddresses(options.range, options.network, excluded)
  return new LeasePool(options, new LeaseTable(pool), await options.leaseStore.readLeases())
}

/**
 * Which client gets which address. The client is its MAC address: firmware, iPXE and Linux send
 * different client identifiers from one network card, and all three must get the one address.
 *
 * Of the pool, a fifth is held back for machines that are known, so that strangers cannot starve them.
 * Time runs on the monotonic clock; the wall clock is read for what is stored.
 */
export class LeasePool {
  readonly #options: LeasePoolOptions
  readonly #table: LeaseTable
  readonly #reserved: ReadonlyMap<MacAddress, Ipv4Address>
  readonly #heldBack: number

  constructor(options: LeasePoolOptions, table: LeaseTable, leases: readonly Lease[]) {
    this.#options = options
    this.#table = table
    this.#reserved = new Map(
      options.reservations.map(({ macAddress, address }) => [macAddress, address]),
    )
    // Fewer than five addresses are too few to keep one back.
    this.#heldBack = table.poolSize < 5 ? 0 : Math.ceil(table.poolSize / 5)
    const nowMs = options.clock.nowMs()
    const monotonicMs = options.clock.monotonicMs()
    const mostMs = Math.max(longestStoredLeaseMs, options.leaseSeconds * 1000)
    for (const { address, macAddress, state, expiresAtMs } of leases.toSorted(byExpiry)) {
      const remainingMs = Math.min(expiresAtMs - nowMs, mostMs)
      table.hold(address, { macAddress, state, untilMs: monotonicMs + remainingMs })
    }
    table.sweep(monotonicMs)
  }

  /** How many addresses are where; for counters. */
  usage(): Readonly<Record<'bound' | 'offered' | 'declined' | 'available', number>> {
    this.#sweep()
    const usage = { bound: 0, offered: 0, declined: 0, available: this.#table.availableCount }
    for (const { state } of this.#table.holdings()) usage[state]++
    return usage
  }

  /** Whether the client has this address, had it last, is being offered it, or has it reserved. */
  knows(macAddress: MacAddress, address: Ipv4Address): boolean {
    this.#sweep()
    return [
      this.#table.leasedTo(macAddress),
      this.#table.offeredTo(macAddress),
      this.#reserved.get(macAddress),
    ].includes(address)
  }

  /** The address for a client that asks for one; the same for {@link offerSeconds}. */
  offer(macAddress: MacAddress, wanted?: Ipv4Address): Offer {
    const monotonicMs = this.#sweep()
    const address = this.#addressOf(macAddress) ?? this.#newAddressFor(macAddress, wanted)
    if (address === undefined) {
      const because = this.#table.availableCount === 0 ? 'pool-full' : 'held-back'
      return { kind: 'none', because }
    }
    if (this.#table.holdingOf(address)?.state !== 'bound') {
      const untilMs = monotonicMs + offerSeconds * 1000
      this.#table.hold(address, { macAddress, state: 'offered', untilMs })
    }
    return { kind: 'offered', address }
  }

  /** The client took another server's offer. */
  withdrawOffer(macAddress: MacAddress): void {
    const address = this.#table.offeredTo(macAddress)
    if (address !== undefined) this.#table.letGo(address)
  }

  /**
   * Leases the address. Resolves when the lease is stored; until then nobody else is offered it.
   * An address that was never offered is leased too, when the client might have been offered it: the
   * offers of a daemon that was restarted are forgotten.
   *
   * @throws whatever the store throws; the lease is then as it was before
   */
  async bind(macAddress: MacAddress, address: Ipv4Address): Promise<Binding> {
    const monotonicMs = this.#sweep()
    const refusal = this.#refusalOf(macAddress, address)
    if (refusal !== undefined) return { kind: 'refused', because: refusal }
    const { leaseSeconds, leaseStore, clock } = this.#options
    const previousAddress = this.#table.leasedTo(macAddress)
    const previous = this.#table.holdingOf(address)
    const untilMs = monotonicMs + leaseSeconds * 1000
    const holding = { macAddress, state: 'bound', untilMs } as const
    const expiresAtMs = clock.nowMs() + leaseSeconds * 1000
    const lease: Lease = { address, macAddress, expiresAtMs, state: 'bound' }
    this.#table.hold(address, holding)
    try {
      await leaseStore.writeLease(lease)
    } catch (error) {
      if (this.#table.holdingOf(address) === holding) {
        this.#table.free(address)
        if (previous !== undefined) this.#table.hold(address, previous)
      }
      throw error
    }
    if (previousAddress !== undefined && previousAddress !== address) {
      await this.#forgetLease(macAddress, previousAddress)
    }
    return { kind: 'bound', lease }
  }

  /**
   * The client found somebody else on its address. Not more than eight addresses of one client are
   * quarantined, nor any that known machines need: a liar must not empty the pool.
   */
  async decline(macAddress: MacAddress, address: Ipv4Address): Promise<Decline> {
    const monotonicMs = this.#sweep()
    const { leaseStore, clock } = this.#options
    if (!this.#isHeldBy(macAddress, address)) return 'not-theirs'
    if (!this.#mayQuarantine(macAddress)) {
      this.#table.free(address)
      await leaseStore.deleteLease(address)
      return 'spared'
    }
    const untilMs = monotonicMs + quarantineSeconds * 1000
    this.#table.hold(address, { macAddress, state: 'declined', untilMs })
    const expiresAtMs = clock.nowMs() + quarantineSeconds * 1000
    await leaseStore.writeLease({ address, macAddress, expiresAtMs, state: 'declined' })
    return 'quarantined'
  }

  /** Ends the client's lease, which it may have again. False when the address is not leased to it. */
  async release(macAddress: MacAddress, address: Ipv4Address): Promise<boolean> {
    this.#sweep()
    const { leaseStore, clock } = this.#options
    const isTheirs =
      this.#isHeldBy(macAddress, address) && this.#table.holdingOf(address)?.state === 'bound'
    if (!isTheirs) return false
    this.#table.letGo(address)
    const expiresAtMs = clock.nowMs()
    await leaseStore.writeLease({ address, macAddress, expiresAtMs, state: 'bound' })
    return true
  }

  #sweep(): number {
    const monotonicMs = this.#options.clock.monotonicMs()
    this.#table.sweep(monotonicMs)
    return monotonicMs
  }

  /** The address that is this client's already: reserved, offered, leased, or leased before. */
  #addressOf(macAddress: MacAddress): Ipv4Address | undefined {
    const candidates = [
      this.#reserved.get(macAddress),
      this.#table.offeredTo(macAddress),
      this.#table.leasedTo(macAddress),
    ]
    return candidates.find((address) => address !== undefined && this.#mayHave(macAddress, address))
  }

  #newAddressFor(macAddress: MacAddress, wanted?: Ipv4Address): Ipv4Address | undefined {
    if (!this.#hasRoomFor(macAddress)) return undefined
    return wanted !== undefined && this.#table.isFree(wanted) ? wanted : this.#table.nextAvailable()
  }

  /** Whether a further address may go to this client. */
  #hasRoomFor(macAddress: MacAddress): boolean {
    const isKnown = this.#reserved.has(macAddress) || this.#options.isKnownMachine(macAddress)
    return this.#table.availableCount > (isKnown ? 0 : this.#heldBack)
  }

  #refusalOf(macAddress: MacAddress, address: Ipv4Address): string | undefined {
    const reserved = this.#reserved.get(macAddress)
    if (reserved !== undefined && reserved !== address && this.#mayHave(macAddress, reserved)) {
      return `${reserved} is reserved for this client`
    }
    if (!this.#mayHave(macAddress, address)) return 'the address is not for this client'
    const isTheirs = this.#isHeldBy(macAddress, address) || this.knows(macAddress, address)
    return isTheirs || this.#hasRoomFor(macAddress) ? undefined : 'the pool has no room'
  }

  /** Whether the address is one we lend, to this client, and nobody else holds it. */
  #mayHave(macAddress: MacAddress, address: Ipv4Address): boolean {
    const isOurs = this.#table.isInPool(address) || this.#reserved.get(macAddress) === address
    const holding = this.#table.holdingOf(address)
    return isOurs && (holding === undefined || this.#isHeldBy(macAddress, address))
  }

  #isHeldBy(macAddress: MacAddress, address: Ipv4Address): boolean {
    const holding = this.#table.holdingOf(address)
    return holding?.macAddress === macAddress && holding.state !== 'declined'
  }

  #mayQuarantine(macAddress: MacAddress): boolean {
    if (this.#table.availableCount < this.#heldBack) return false
    let quarantined = 0
    for (const holding of this.#table.holdings()) {
      if (holding.state === 'declined' && holding.macAddress === macAddress) quarantined++
    }
    return quarantined < mostQuarantinedPerClient
  }

  /** One client, one lease: the one before is given back. */
  async #forgetLease(macAddress: MacAddress, address: Ipv4Address): Promise<void> {
    if (!this.#isHeldBy(macAddress, address)) return
    this.#table.free(address)
    await this.#options.leaseStore.deleteLease(address)
  }
}

function byExpiry(one: Lease, other: Lease): number {
  return one.expiresAtMs - other.expiresAtMs
}
