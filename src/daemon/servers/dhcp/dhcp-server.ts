import type { Clock } from '../../../base/clock.ts'
import type { Logger } from '../../../base/logger.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import type { BootFileResolver } from '../../domain/bootenv/boot-client.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import type { LeaseStore } from '../../domain/lease/lease-store.ts'
import type { NetworkDesk } from '../../domain/lease/network-desk.ts'
import type { ServedInterface } from '../../domain/lease/select-subnet.ts'
import { openServedSubnets, type ServedSubnets } from '../../domain/lease/served-subnets.ts'
import type { Subnet } from '../../domain/lease/subnet.ts'
import type { RunningServer } from '../running-server.ts'
import { checkInterface } from './check-interface.ts'
import { chooseRole } from './choose-role.ts'
import { DhcpDesk } from './dhcp-desk.ts'
import { DhcpListener } from './dhcp-listener.ts'
import { createDhcpReport, type DhcpReport } from './dhcp-report.ts'
import type { DhcpMode, DhcpRole } from './dhcp-role.ts'
import { monitorServers } from './foreign/foreign-monitor.ts'
import { ForeignWatch } from './foreign/foreign-watch.ts'
import { ownMacAddress } from './own-mac-address.ts'
import { PassedSockets } from './passed-sockets.ts'
import { loadSocketCalls, type SocketCalls } from './socket-calls.ts'

/** Where UEFI firmware asks a proxy for its boot file, PXE 2.1 §2.2.4. */
const bootServerPort = 4011

/** An interface, our address on it which clients are told, and the prefix length of its network. */
export interface DhcpInterface extends ServedInterface {
  readonly prefixLength: number
}

export interface DhcpServerOptions {
  /** Nothing is heard or said on any other interface. */
  readonly interfaces: readonly DhcpInterface[]
  /** Clients are answered on the port after it. @default 67 */
  readonly port?: number
  /** Whether we give addresses, or add boot files to those of another server. @default 'server' */
  readonly mode?: DhcpMode
  /** Sockets that a service manager opened for us. @default none */
  readonly passedDescriptors?: readonly number[]
  readonly subnets: readonly Subnet[]
  readonly leaseStore: LeaseStore
  /** Asked for strangers that need an address; the last fifth of a pool is for known machines. */
  readonly isKnownMachine: (macAddress: MacAddress) => boolean
  readonly bootFiles: BootFileResolver
  /** Told what is served where, for people, and through which the subnets are replaced. */
  readonly networks?: NetworkDesk
  readonly events: EventSink
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Gives addresses and boot files to the machines behind its interfaces, as the authority for its subnets.
 *
 * @throws {InterfaceMissingError} @throws {AddressMissingError} @throws {PortTakenError}
 * @throws {DeviceSocketError} @throws {PoolRangeError}
 */
export async function startDhcpServer(options: DhcpServerOptions): Promise<RunningServer> {
  const { interfaces, port = 67, mode = 'server', networks, clock, logger, events } = options
  for (const { interfaceName, address, prefixLength } of interfaces) {
    await checkInterface(interfaceName, address, prefixLength)
  }
  const serverAddresses = interfaces.map(({ address }) => address)
  const subnets = await openServedSubnets(options.subnets, { ...options, serverAddresses })
  networks?.serve(subnets)
  const told = createDhcpReport(clock, logger, events)
  const report: DhcpReport = {
    ...told,
    foreign: (server, interfaceName) => {
      networks?.noteForeign(server, interfaceName)
      told.foreign(server, interfaceName)
    },
  }
  const desk = new DhcpDesk({ ...options, subnets, report, port })
  const calls = await loadSocketCalls()
  const passed = new PassedSockets(options.passedDescriptors ?? [], calls)
  await using parts = new AsyncDisposableStack()
  const onPacket = (bytes: Uint8Array, listener: DhcpListener) => desk.receive(bytes, listener)
  const isUrgent = (bytes: Uint8Array) => desk.isUrgent(bytes)
  const common = { calls, passed, report, onPacket, isUrgent }
  const roles: string[] = []
  for (const place of interfaces) {
    const watch = parts.use(openWatch(place, calls))
    const hasLeases = (subnets.ofInterface(place)?.pool.usage().bound ?? 0) > 0
    const role = await chooseRole({ mode, place, watch, hasLeases, report, logger })
    networks?.noteRole(place.interfaceName, role)
    roles.push(role === 'proxy' ? `${place.interfaceName} (proxy)` : place.interfaceName)
    const open = async (role: DhcpRole, port: number) =>
      parts.use(await DhcpListener.open(place, { ...common, role, port }))
    await open(role, port)
    if (role === 'proxy') await open('boot-server', bootServerPort)
    if (watch !== undefined) {
      parts.use(monitorServers(watch, (server) => report.foreign(server, place.interfaceName)))
    }
  }
  const unused = passed.left()
  if (unused.length > 0) logger.warn({ descriptors: unused }, 'sockets passed to us of no use here')
  const endpoint = interfaces
    .map(({ address }, index) => `${address}:${port}/udp on ${roles[index]}`)
    .join(', ')
  return runningServer(endpoint, { desk, subnets, report }, parts.move())
}

function openWatch(
  { interfaceName, address }: ServedInterface,
  calls: SocketCalls,
): ForeignWatch | undefined {
  const own = ownMacAddress(interfaceName)
  if (own === undefined) return undefined
  return ForeignWatch.open({ interfaceName, ownMacAddress: own, ownAddress: address, calls })
}

function runningServer(
  endpoint: string,
  parts: {
    readonly desk: DhcpDesk
    readonly subnets: ServedSubnets
    readonly report: DhcpReport
  },
  listeners: AsyncDisposableStack,
): RunningServer {
  const closed = Promise.withResolvers<void>()
  const { desk, subnets, report } = parts
  return {
    name: 'dhcp',
    endpoint,
    closed: closed.promise,
    counters: () => ({ ...report.counters(), ...poolCounters(subnets) }),
    async [Symbol.asyncDispose]() {
      await desk.settle()
      await listeners.disposeAsync()
      closed.resolve()
    },
  }
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
