import { inertText } from '../../../base/ascii.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { Logger } from '../../../base/logger.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import { readTextOption } from '../../../protocol/dhcpv4/read-option.ts'
import type { BootClient } from '../../domain/bootenv/boot-client.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import { createRateGate } from '../boot-files/rate-gate.ts'
import type { DhcpExchange, DhcpReply } from './dhcp-exchange.ts'

type Facts = Readonly<Record<string, string | number>>

/** A DHCP server that is not ours; its card is known when it was heard itself. */
export interface HeardServer {
  readonly address: Ipv4Address
  readonly macAddress?: MacAddress
}

export interface DhcpReport {
  count(name: string): void
  counters(): Readonly<Record<string, number>>
  /** A packet that is no DHCP, or an answer that failed: a line now and then, whoever sends how many. */
  complain(facts: Facts, message: string): void
  /** An event and its line, unless this client or all together had too many; facts are gathered only then. */
  tell(action: string, exchange: DhcpExchange, facts: Facts | (() => Facts)): void
  /** Another server gives addresses on an interface of ours; told once an hour. */
  foreign(server: HeardServer, interfaceName: string): void
  /** Somebody answered at an address that we were about to lend. */
  conflict(address: Ipv4Address, holder: MacAddress): void
}

/** Where the DHCP server says what it does, so slowly that a flood of packets fills no disk. */
export function createDhcpReport(clock: Clock, logger: Logger, events: EventSink): DhcpReport {
  const counters = new Map<string, number>()
  const complaints = createRateGate(clock, { burst: 1, perSecond: 0.1 })
  const eventsOfClient = createRateGate(clock, { burst: 4, perSecond: 0.2 })
  const foreignServers = createRateGate(clock, { burst: 1, perSecond: 1 / 3600 })
  const eventsOfAll = createRateGate(clock, { burst: 200, perSecond: 20 })
  const record = (action: string, key: string, body: Facts) => {
    logger.info(body, `dhcp ${action}`)
    const time = { timeMs: clock.nowMs(), principal: 'daemon' }
    events.record({ ...time, type: 'dhcp', action, key, body })
  }
  return {
    count: (name) => counters.set(name, (counters.get(name) ?? 0) + 1),
    counters: () => Object.fromEntries(counters),
    complain: (facts, message) => {
      const heldBack = complaints.admit(message)
      if (heldBack !== undefined) logger.warn({ ...facts, heldBack }, message)
    },
    tell: (action, exchange, facts) => {
      if (!eventsOfAll.hasRoom('all')) return
      const { macAddress } = exchange
      // A full pool is one fact, however many clients meet it.
      const client = action === 'pool-full' ? action : `${action} ${macAddress}`
      if (eventsOfClient.admit(client) === undefined) return
      if (eventsOfAll.admit('all') === undefined) return
      const body = {
        ...clientFacts(exchange),
        ...(typeof facts === 'function' ? facts() : facts),
      }
      record(action, macAddress, body)
    },
    foreign: ({ address, macAddress }, interfaceName) => {
      // First heard of by a client's word, then by its own packet: its card is news.
      const server = `${interfaceName} ${address} ${macAddress ?? ''}`
      if (foreignServers.admit(server) === undefined) return
      if (eventsOfAll.admit('all') === undefined) return
      const because = 'another DHCP server gives addresses on this network'
      const card = macAddress === undefined ? {} : { macAddress }
      record('foreign-server', address, { interface: interfaceName, address, ...card, because })
    },
    conflict: (address, holder) => {
      if (eventsOfClient.admit(`conflict ${address}`) === undefined) return
      if (eventsOfAll.admit('all') === undefined) return
      const because = 'somebody uses the address without a lease, it is lent to nobody for a while'
      record('conflict', holder, { address, macAddress: holder, because })
    },
  }
}

/** What the client was given, for an event. */
export function replyFacts(address: Ipv4Address, { boot }: DhcpReply): Facts {
  if (boot === undefined) return { address }
  const { because } = boot
  return boot.kind === 'none'
    ? { address, because }
    : { address, because, bootFileName: boot.bootFileName }
}

/**
 * How long a client has been asking. One that waits for long is often behind a switch port that is not
 * open yet; iPXE keeps other things in this field.
 */
function waited({ seconds }: DhcpPacket, kind: BootClient['kind']): Facts {
  return seconds === 0 || kind === 'ipxe' ? {} : { waitedSeconds: seconds }
}

/** What the client says of itself, made harmless to print. */
function clientFacts({ macAddress, client, request, subnet, leaseClient }: DhcpExchange): Facts {
  const text = (name: string, code: number): Facts => {
    const value = readTextOption(request.options, code)
    return value === undefined ? {} : { [name]: inertText(value, 64) }
  }
  return {
    macAddress,
    subnet: subnet.name,
    client: client.kind,
    ...(client.kind === 'none' ? {} : { platform: client.platform }),
    ...(client.systemUuid === undefined ? {} : { systemUuid: client.systemUuid }),
    ...waited(request, client.kind),
    ...(leaseClient.remoteId === undefined ? {} : { rack: inertText(leaseClient.remoteId, 64) }),
    ...(leaseClient.circuitId === undefined ? {} : { port: inertText(leaseClient.circuitId, 64) }),
    ...text('hostName', dhcpOptionCode.hostName),
    ...text('vendorClass', dhcpOptionCode.vendorClass),
  }
}
