import type { Clock } from '../../../base/clock.ts'
import { CodedError } from '../../../base/coded-error.ts'
import { type Ipv4Address, ipv4ToNumber } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import type {
  ForeignServerFacts,
  LeaseFacts,
  ServedSubnetFacts,
  SubnetList,
} from '../../../contract/network-documents.ts'
import type { EventSink } from '../event/event-sink.ts'
import type { ServedSubnet, ServedSubnets } from './served-subnets.ts'
import type { Subnet } from './subnet.ts'

/** Nobody has the address. */
export class LeaseUnknownError extends CodedError {
  readonly code = 'ERR_LEASE_UNKNOWN'
  readonly address: string

  constructor(address: string) {
    super(`nobody has a lease of ${address}`, { remedy: 'repave lease list' })
    this.address = address
  }
}

export interface NetworkDeskOptions {
  readonly events: EventSink
  readonly clock: Clock
}

/** A forger could name any number of servers. */
const mostForeignServers = 64

/** What people see of the networks that we serve, and what they can do there. */
export class NetworkDesk {
  readonly #options: NetworkDeskOptions
  readonly #roles = new Map<string, 'server' | 'proxy'>()
  readonly #foreign = new Map<string, ForeignServerFacts>()
  #subnets: ServedSubnets | undefined

  constructor(options: NetworkDeskOptions) {
    this.#options = options
  }

  /** Told by the DHCP server when it starts; until then, and while DHCP is off, there is nothing. */
  serve(subnets: ServedSubnets): void {
    this.#subnets = subnets
  }

  /**
   * Serves these from now on, where DHCP is on; leases stay.
   *
   * @throws {PoolRangeError} @throws whatever the store throws; what was served before then still is
   */
  async replaceSubnets(subnets: readonly Subnet[]): Promise<void> {
    await this.#subnets?.replace(subnets)
  }

  noteRole(interfaceName: string, role: 'server' | 'proxy'): void {
    this.#roles.set(interfaceName, role)
  }

  noteForeign(
    { address, macAddress }: { readonly address: Ipv4Address; readonly macAddress?: MacAddress },
    interfaceName: string,
  ): void {
    const key = `${interfaceName} ${address}`
    const known = this.#foreign.get(key)
    if (known === undefined && this.#foreign.size >= mostForeignServers) this.#foreign.clear()
    const card = macAddress ?? known?.macAddress
    this.#foreign.set(key, {
      interface: interfaceName,
      address,
      ...(card === undefined ? {} : { macAddress: card }),
      lastHeardAtMs: this.#options.clock.nowMs(),
    })
  }

  /** By address. */
  listLeases(): readonly LeaseFacts[] {
    const { clock } = this.#options
    const aheadMs = clock.nowMs() - clock.monotonicMs()
    const leases = this.#served().flatMap(({ pool, subnet }) =>
      pool.holdings().map(({ address, macAddress, state, untilMs }) => {
        const expiresAtMs = Math.max(0, Math.round(untilMs + aheadMs))
        return { address, macAddress, state, subnet: subnet.name, expiresAtMs }
      }),
    )
    return leases.toSorted((one, other) => ipv4ToNumber(one.address) - ipv4ToNumber(other.address))
  }

  /**
   * Ends a lease, an offer or a quarantine at once; the address may go to anybody.
   *
   * @throws {LeaseUnknownError} @throws whatever the store throws; the lease then stays
   */
  async releaseLease(address: Ipv4Address, principal: string): Promise<void> {
    for (const { pool, subnet } of this.#served()) {
      const macAddress = await pool.revoke(address)
      if (macAddress === undefined) continue
      const { clock, events } = this.#options
      const body = { address, macAddress, subnet: subnet.name, because: 'somebody ended the lease' }
      const time = { timeMs: clock.nowMs(), principal }
      events.record({ ...time, type: 'dhcp', action: 'released', key: macAddress, body })
      return
    }
    throw new LeaseUnknownError(address)
  }

  listSubnets(): SubnetList {
    return {
      items: this.#served().map(subnetFacts),
      interfaces: [...this.#roles].map(([name, role]) => ({ interface: name, role })),
      foreignServers: [...this.#foreign.values()],
    }
  }

  #served(): readonly ServedSubnet[] {
    return this.#subnets?.all() ?? []
  }
}

function subnetFacts({ subnet, pool }: ServedSubnet): ServedSubnetFacts {
  const { name, network, relays, leaseSeconds, reservedLeaseSeconds } = subnet
  return {
    name,
    network: `${network.address}/${network.prefixLength}`,
    ...(subnet.interfaceName === undefined ? {} : { interface: subnet.interfaceName }),
    relays: [...relays],
    pools: subnet.pools.map(({ first, last }) => (first === last ? first : `${first}-${last}`)),
    leaseSeconds,
    reservedLeaseSeconds,
    reservations: subnet.reservations.length,
    profiles: subnet.profiles.map((profile) => profile.name),
    usage: pool.usage(),
  }
}
