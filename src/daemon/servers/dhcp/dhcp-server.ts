import type { Clock } from '../../../base/clock.ts'
import type { Logger } from '../../../base/logger.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import type { BootFileResolver } from '../../domain/bootenv/boot-client.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import type { LeaseStore } from '../../domain/lease/lease-store.ts'
import type { ServedInterface } from '../../domain/lease/select-subnet.ts'
import { openServedSubnets, type ServedSubnets } from '../../domain/lease/served-subnets.ts'
import type { Subnet } from '../../domain/lease/subnet.ts'
import type { RunningServer } from '../running-server.ts'
import { checkInterface } from './check-interface.ts'
import { DhcpDesk } from './dhcp-desk.ts'
import { DhcpListener } from './dhcp-listener.ts'
import { createDhcpReport, type DhcpReport } from './dhcp-report.ts'
import { loadSocketCalls } from './socket-calls.ts'

/** An interface, our address on it which clients are told, and the prefix length of its network. */
export interface DhcpInterface extends ServedInterface {
  readonly prefixLength: number
}

export interface DhcpServerOptions {
  /** Nothing is heard or said on any other interface. */
  readonly interfaces: readonly DhcpInterface[]
  /** Clients are answered on the port after it. @default 67 */
  readonly port?: number
  readonly subnets: readonly Subnet[]
  readonly leaseStore: LeaseStore
  /** Asked for strangers that need an address; the last fifth of a pool is for known machines. */
  readonly isKnownMachine: (macAddress: MacAddress) => boolean
  readonly bootFiles: BootFileResolver
  readonly events: EventSink
  readonly clock: Clock
  readonly logger: Logger
}

export interface DhcpServer extends RunningServer {
  /**
   * Serves these subnets from now on; leases of addresses that lie in one of them stay.
   *
   * @throws {PoolRangeError} and serves what it served before
   */
  replaceSubnets(subnets: readonly Subnet[]): void
}

/**
 * Gives addresses and boot files to the machines behind its interfaces, as the authority for its subnets.
 *
 * @throws {InterfaceMissingError} @throws {AddressMissingError} @throws {PortTakenError}
 * @throws {DeviceSocketError} @throws {PoolRangeError}
 */
export async function startDhcpServer(options: DhcpServerOptions): Promise<DhcpServer> {
  const { interfaces, port = 67, clock, logger, events } = options
  for (const { interfaceName, address, prefixLength } of interfaces) {
    await checkInterface(interfaceName, address, prefixLength)
  }
  const serverAddresses = interfaces.map(({ address }) => address)
  const subnets = await openServedSubnets(options.subnets, { ...options, serverAddresses })
  const report = createDhcpReport(clock, logger, events)
  const desk = new DhcpDesk({ ...options, subnets, report, port })
  const calls = await loadSocketCalls()
  await using listeners = new AsyncDisposableStack()
  const onPacket = (bytes: Uint8Array, listener: DhcpListener) => desk.receive(bytes, listener)
  for (const place of interfaces) {
    listeners.use(await DhcpListener.open(place, { port, calls, report, onPacket }))
  }
  return runningServer(endpointOf(interfaces, port), { desk, subnets, report }, listeners.move())
}

function runningServer(
  endpoint: string,
  parts: {
    readonly desk: DhcpDesk
    readonly subnets: ServedSubnets
    readonly report: DhcpReport
  },
  listeners: AsyncDisposableStack,
): DhcpServer {
  const closed = Promise.withResolvers<void>()
  const { desk, subnets, report } = parts
  return {
    name: 'dhcp',
    endpoint,
    closed: closed.promise,
    counters: () => ({ ...report.counters(), ...poolCounters(subnets) }),
    replaceSubnets: (replacement) => subnets.replace(replacement),
    async [Symbol.asyncDispose]() {
      await desk.settle()
      await listeners.disposeAsync()
      closed.resolve()
    },
  }
}

function endpointOf(interfaces: readonly ServedInterface[], port: number): string {
  return interfaces
    .map(({ interfaceName, address }) => `${address}:${port}/udp on ${interfaceName}`)
    .join(', ')
}

function poolCounters(subnets: ServedSubnets): Readonly<Record<string, number>> {
  const totals: Record<string, number> = {}
  for (const { pool } of subnets.all()) {
    for (const [name, count] of Object.entries(pool.usage())) {
      totals[`dhcp.pool.${name}`] = (totals[`dhcp.pool.${name}`] ?? 0) + count
    }
  }
  return totals
}
