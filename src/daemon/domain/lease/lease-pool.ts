import type { Clock } from '../../../base/clock.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import type { NumberRange } from './address-range.ts'
import type { Applicant, Binding, Decline, Offer } from './lease-answer.ts'
import type { Lease, LeaseStore } from './lease-store.ts'
import { type Holding, LeaseTable } from './lease-table.ts'
import { restoreLeases } from './restore-leases.ts'
import { TriedAddresses } from './tried-addresses.ts'

export interface LeasePoolOptions {
  /** What is lent to anybody: lowest first, without overlap, without anything reserved. */
  readonly lendable: readonly NumberRange[]
  /** The longest that a lease lasts. */
  readonly leaseSeconds: number
  /** Known machines may use the addresses that are held back from strangers. */
  readonly isKnownMachine: (macAddress: MacAddress) => boolean
  readonly leaseStore: LeaseStore
  readonly clock: Clock
}

/** How long an offer stands; it lives in memory only, so that a flood of them costs no disk. */
export const offerSeconds = 60

/** How long an address that somebody else uses is lent to nobody. */
export const quarantineSeconds = 600

/** Addresses that one client may have put into quarantine at one time. */
const mostQuarantinedPerClient = 8

/** In whose name an address is quarantined that answered a probe: no client has this one. */
const nobody = '00:00:00:00:00:00' as MacAddress

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
  readonly #heldBack: number
  readonly #tried = new TriedAddresses()

  constructor(options: LeasePoolOptions) {
    this.#options = options
    this.#table = new LeaseTable(options.lendable, options.clock.monotonicMs())
    // Fewer than five addresses are too few to keep one back.
    this.#heldBack = this.#table.poolSize < 5 ? 0 : Math.ceil(this.#table.poolSize / 5)
  }

  /** Gives every stored lease its place; for a start. */
  restore(leases: readonly Lease[]): void {
    restoreLeases(leases, this.#table, this.#options)
  }

  /** Takes over what another pool of the same network holds: leases, offers, quarantine; for a reload. */
  takeOver(other: LeasePool, isOurs: (address: Ipv4Address) => boolean): void {
    const monotonicMs = this.#options.clock.monotonicMs()
    for (const [address, macAddress] of other.#table.lapsed()) {
      if (!isOurs(address)) continue
      this.#table.hold(address, { macAddress, state: 'bound', untilMs: monotonicMs })
      this.#table.letGo(address)
    }
    for (const [address, holding] of other.#table.holdings()) {
      if (isOurs(address)) this.#table.hold(address, holding)
    }
  }

  /** How many addresses are where; for counters. */
  usage(): Readonly<Record<'bound' | 'offered' | 'declined' | 'available', number>> {
    this.#sweep()
    return { ...this.#table.counts, available: this.#table.availableCount }
  }

  /** Every address that is held, and how. */
  holdings(): ({ readonly address: Ipv4Address } & Holding)[] {
    this.#sweep()
    return Array.from(this.#table.holdings(), ([address, holding]) => ({ address, ...holding }))
  }

  /** Takes the address from whoever holds it, for good; undefined when nobody does. */
  async revoke(address: Ipv4Address): Promise<MacAddress | undefined> {
    this.#sweep()
    const holding = this.#table.holdingOf(address)
    if (holding === undefined) return undefined
    await this.#options.leaseStore.deleteLease(address)
    this.#table.free(address)
    return holding.macAddress
  }

  /** Whether the client has this address, had it last, is being offered it, or has it reserved. */
  knows({ macAddress, reservedAddress }: Applicant, address: Ipv4Address): boolean {
    this.#sweep()
    return (
      this.#table.leasedTo(macAddress) === address ||
      this.#table.offeredTo(macAddress) === address ||
      reservedAddress === address
    )
  }

  /** The address for a client that asks for one; the same for {@link offerSeconds}. */
  offer(applicant: Applicant, wanted?: Ipv4Address): Offer {
    const monotonicMs = this.#sweep()
    const own = this.#addressOf(applicant)
    const address = own ?? this.#newAddressFor(applicant, wanted)
    if (address === undefined) {
      const because = this.#table.availableCount === 0 ? 'pool-full' : 'held-back'
      return { kind: 'none', because }
    }
    const isUntried =
      own === undefined && this.#table.isFree(address) && !this.#tried.has(address, monotonicMs)
    const { macAddress } = applicant
    if (this.#table.holdingOf(address)?.state !== 'bound') {
      const untilMs = monotonicMs + offerSeconds * 1000
      this.#table.hold(address, { macAddress, state: 'offered', untilMs })
    }
    return { kind: 'offered', address, isUntried }
  }

  /** Nobody answered at the address: it need not be tried again for a while. */
  markUnused(address: Ipv4Address): void {
    this.#tried.note(address, this.#options.clock.monotonicMs())
  }

  /** Somebody whom we did not lend the address answered there: it is lent to nobody for a while. */
  markForeign(address: Ipv4Address): void {
    if (this.#table.holdingOf(address)?.state === 'bound') return
    const untilMs = this.#sweep() + quarantineSeconds * 1000
    this.#table.hold(address, { macAddress: nobody, state: 'declined', untilMs })
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
  async bind(
    applicant: Applicant,
    address: Ipv4Address,
    leaseSeconds = this.#options.leaseSeconds,
  ): Promise<Binding> {
    const monotonicMs = this.#sweep()
    const refusal = this.#refusalOf(applicant, address)
    if (refusal !== undefined) return { kind: 'refused', because: refusal }
    const { leaseStore, clock } = this.#options
    const { macAddress } = applicant
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
  async decline({ macAddress }: Applicant, address: Ipv4Address): Promise<Decline> {
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
  async release({ macAddress }: Applicant, address: Ipv4Address): Promise<boolean> {
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
  #addressOf(applicant: Applicant): Ipv4Address | undefined {
    const { macAddress, reservedAddress } = applicant
    for (const address of [
      reservedAddress,
      this.#table.offeredTo(macAddress),
      this.#table.leasedTo(macAddress),
    ]) {
      if (address !== undefined && this.#mayHave(applicant, address)) return address
    }
    return undefined
  }

  #newAddressFor(applicant: Applicant, wanted?: Ipv4Address): Ipv4Address | undefined {
    if (!this.#hasRoomFor(applicant)) return undefined
    return wanted !== undefined && this.#table.isFree(wanted) ? wanted : this.#table.nextAvailable()
  }

  /** Whether a further address may go to this client. */
  #hasRoomFor({ macAddress, reservedAddress }: Applicant): boolean {
    const isKnown = reservedAddress !== undefined || this.#options.isKnownMachine(macAddress)
    return this.#table.availableCount > (isKnown ? 0 : this.#heldBack)
  }

  #refusalOf(applicant: Applicant, address: Ipv4Address): string | undefined {
    const { reservedAddress, macAddress } = applicant
    const isElsewhere = reservedAddress !== undefined && reservedAddress !== address
    if (isElsewhere && this.#mayHave(applicant, reservedAddress)) {
      return `${reservedAddress} is reserved for this client`
    }
    if (!this.#mayHave(applicant, address)) return 'the address is not for this client'
    const isTheirs = this.#isHeldBy(macAddress, address) || this.knows(applicant, address)
    return isTheirs || this.#hasRoomFor(applicant) ? undefined : 'the pool has no room'
  }

  /** Whether the address is one we lend, to this client, and nobody else holds it. */
  #mayHave({ macAddress, reservedAddress }: Applicant, address: Ipv4Address): boolean {
    const isOurs = reservedAddress === address || this.#table.isInPool(address)
    const holding = this.#table.holdingOf(address)
    return isOurs && (holding === undefined || this.#isHeldBy(macAddress, address))
  }

  #isHeldBy(macAddress: MacAddress, address: Ipv4Address): boolean {
    const holding = this.#table.holdingOf(address)
    return holding?.macAddress === macAddress && holding.state !== 'declined'
  }

  #mayQuarantine(macAddress: MacAddress): boolean {
    if (this.#table.availableCount < this.#heldBack) return false
    return this.#table.declinedBy(macAddress) < mostQuarantinedPerClient
  }

  /** One client, one lease: the one before is given back. */
  async #forgetLease(macAddress: MacAddress, address: Ipv4Address): Promise<void> {
    if (!this.#isHeldBy(macAddress, address)) return
    this.#table.free(address)
    await this.#options.leaseStore.deleteLease(address)
  }
}
