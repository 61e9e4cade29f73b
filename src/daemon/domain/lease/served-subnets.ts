import type { Clock } from '../../../base/clock.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import { networkContains } from '../../../base/ipv4-network.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import { lendableRanges } from './address-range.ts'
import { relayPort, type LeaseClient } from './lease-client.ts'
import { LeasePool } from './lease-pool.ts'
import type { LeaseStore } from './lease-store.ts'
import {
  type RequestPlace,
  selectSubnet,
  type ServedInterface,
  subnetOfInterface,
} from './select-subnet.ts'
import type { Reservation, Subnet } from './subnet.ts'

export interface ServedSubnetsOptions {
  readonly leaseStore: LeaseStore
  readonly isKnownMachine: (macAddress: MacAddress) => boolean
  readonly clock: Clock
  /** Our own addresses, lent to nobody. */
  readonly serverAddresses: readonly Ipv4Address[]
}

/** A subnet with its leases. */
export interface ServedSubnet {
  readonly subnet: Subnet
  readonly pool: LeasePool
  /** What is reserved for this client here; MAC address before client id, UUID and switch port. */
  reservationFor(client: LeaseClient): Reservation | undefined
}

/** Every subnet that we give addresses in; shared by all interfaces. */
export class ServedSubnets {
  readonly #options: ServedSubnetsOptions
  #served: readonly ServedSubnet[]

  constructor(options: ServedSubnetsOptions, served: readonly ServedSubnet[]) {
    this.#options = options
    this.#served = served
  }

  all(): readonly ServedSubnet[] {
    return this.#served
  }

  select(place: RequestPlace): ServedSubnet | undefined {
    return selectSubnet(place, this.#served)
  }

  /** The subnet of clients that the interface hears without a relay. */
  ofInterface(served: ServedInterface): ServedSubnet | undefined {
    return subnetOfInterface(served, this.#served)
  }

  /**
   * Serves these subnets from now on; leases and offers of addresses that lie in one of them stay. What
   * was leased in a subnet that comes back after a while is known from the store.
   *
   * @throws {PoolRangeError} @throws whatever the store throws; it then serves what it served before
   */
  async replace(subnets: readonly Subnet[]): Promise<void> {
    const fresh = subnets.map((subnet) => serve(subnet, this.#options))
    const stored = await this.#options.leaseStore.readLeases()
    // No lease of an address that we do not serve can change meanwhile; of the others the pools know better.
    const unserved = stored.filter(
      ({ address }) => !this.#served.some(({ subnet }) => networkContains(subnet.network, address)),
    )
    for (const { subnet, pool } of fresh) {
      const isOurs = (address: Ipv4Address) => networkContains(subnet.network, address)
      pool.restore(unserved.filter(({ address }) => isOurs(address)))
      for (const former of this.#served) pool.takeOver(former.pool, isOurs)
    }
    this.#served = fresh
  }
}

/** The subnets with every stored lease in its place. @throws {PoolRangeError} */
export async function openServedSubnets(
  subnets: readonly Subnet[],
  options: ServedSubnetsOptions,
): Promise<ServedSubnets> {
  const served = subnets.map((subnet) => serve(subnet, options))
  const leases = await options.leaseStore.readLeases()
  for (const { subnet, pool } of served) {
    pool.restore(leases.filter(({ address }) => networkContains(subnet.network, address)))
  }
  return new ServedSubnets(options, served)
}

function serve(subnet: Subnet, options: ServedSubnetsOptions): ServedSubnet {
  const reservedAddresses = subnet.reservations.flatMap(({ address }) => address ?? [])
  const single = (address: Ipv4Address) => ({ first: address, last: address })
  const excluded = [
    ...subnet.excluded,
    ...[...reservedAddresses, ...options.serverAddresses].map(single),
  ]
  const profileSeconds = subnet.profiles.map(({ leaseSeconds }) => leaseSeconds ?? 0)
  const pool = new LeasePool({
    ...options,
    lendable: lendableRanges(subnet.pools, subnet.network, excluded),
    leaseSeconds: Math.max(subnet.leaseSeconds, subnet.reservedLeaseSeconds, ...profileSeconds),
  })
  const reservations = new Map(
    subnet.reservations.map((reservation) => [keyText(reservation.key), reservation]),
  )
  const reservationFor = (client: LeaseClient) => {
    if (reservations.size === 0) return undefined
    for (const key of keysOf(client)) {
      const found = reservations.get(keyText(key))
      if (found !== undefined) return found
    }
    return undefined
  }
  return { subnet, pool, reservationFor }
}

function keyText({ kind, value }: Reservation['key']): string {
  return `${kind} ${value}`
}

function keysOf(client: LeaseClient): Reservation['key'][] {
  const { macAddress, clientId, systemUuid, remoteId, circuitId } = client
  const keys: Reservation['key'][] = [{ kind: 'mac-address', value: macAddress }]
  if (clientId !== undefined) keys.push({ kind: 'client-id', value: clientId })
  if (systemUuid !== undefined) keys.push({ kind: 'system-uuid', value: systemUuid })
  if (circuitId !== undefined) {
    keys.push({ kind: 'relay-port', value: relayPort(remoteId ?? '', circuitId) })
  }
  return keys
}
