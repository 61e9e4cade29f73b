import type { Socket } from 'node:dgram'

import type { Clock } from '../../../base/clock.ts'
import { messageOf } from '../../../base/coded-error.ts'
import { type Ipv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import type { Logger } from '../../../base/logger.ts'
import { type MacAddress, macAddressFromBytes } from '../../../base/mac-address.ts'
import { decodePacket } from '../../../protocol/dhcpv4/decode-packet.ts'
import type { DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import type { BootFileResolver } from '../../domain/bootenv/boot-client.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import { type LeasePool, openLeasePool } from '../../domain/lease/lease-pool.ts'
import type { LeaseStore } from '../../domain/lease/lease-store.ts'
import { createRateGate, type RateGate } from '../boot-files/rate-gate.ts'
import type { RunningServer } from '../running-server.ts'
import { answerRequest, dhcpChain } from './answer-request.ts'
import { bootClientOf } from './boot-client-of.ts'
import { checkInterface } from './check-interface.ts'
import type { DhcpExchange, DhcpLink, DhcpReply, DhcpSubnet, Verdict } from './dhcp-exchange.ts'
import { createDhcpReport, type DhcpReport, replyFacts } from './dhcp-report.ts'
import { openDeviceSocket } from './open-device-socket.ts'
import { subnetOf } from './receive-filter.ts'
import { replyDestination } from './reply-destination.ts'
import { encodeNak, encodeReply } from './reply-packet.ts'

export interface DhcpServerOptions {
  /** Nothing is heard or said on any other interface. */
  readonly interfaceName: string
  /** The address of that interface which clients are told; never lent. */
  readonly serverAddress: Ipv4Address
  /** Clients are answered on the port after it. @default 67 */
  readonly port?: number
  readonly subnet: DhcpSubnet
  readonly leaseStore: LeaseStore
  /** Asked for strangers that need an address; the last fifth of the pool is for known machines. */
  readonly isKnownMachine: (macAddress: MacAddress) => boolean
  readonly bootFiles: BootFileResolver
  readonly events: EventSink
  readonly clock: Clock
  readonly logger: Logger
}

/** Requests of one client that are answered in any one second: at most ten. */
const requestsOfClient = { burst: 5, perSecond: 5 }

/**
 * Gives addresses and boot files to the machines behind one interface, as the authority for its network.
 *
 * @throws {InterfaceMissingError} @throws {AddressMissingError} @throws {PortTakenError}
 * @throws {DeviceSocketError} @throws {PoolRangeError}
 */
export async function startDhcpServer(options: DhcpServerOptions): Promise<RunningServer> {
  const { interfaceName, serverAddress, subnet, port = 67 } = options
  await checkInterface(interfaceName, serverAddress, subnet.network.prefixLength)
  const pool = await openLeasePool({
    ...options,
    network: subnet.network,
    range: { first: subnet.poolFirst, last: subnet.poolLast },
    excluded: [
      serverAddress,
      ...subnet.dnsServers,
      ...(subnet.router === undefined ? [] : [subnet.router]),
    ],
    reservations: subnet.reservations,
    leaseSeconds: subnet.leaseSeconds,
  })
  return new DhcpServer(await openDeviceSocket(interfaceName, port), pool, { ...options, port })
}

class DhcpServer implements RunningServer {
  readonly name = 'dhcp'
  readonly endpoint: string
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #pool: LeasePool
  readonly #options: DhcpServerOptions & { readonly port: number }
  readonly #chain: readonly DhcpLink[]
  readonly #report: DhcpReport
  readonly #requests: RateGate
  readonly #underWay = new Set<Promise<void>>()

  constructor(
    socket: Socket,
    pool: LeasePool,
    options: DhcpServerOptions & { readonly port: number },
  ) {
    const { interfaceName, serverAddress, port, clock, logger, events } = options
    this.endpoint = `${serverAddress}:${port}/udp on ${interfaceName}`
    this.#socket = socket
    this.#pool = pool
    this.#options = options
    this.#chain = dhcpChain(pool, options.bootFiles)
    this.#report = createDhcpReport(clock, logger, events)
    this.#requests = createRateGate(clock, requestsOfClient)
    this.closed = new Promise((resolve, reject) => {
      socket.once('close', resolve)
      socket.on('error', reject)
    })
    this.closed.catch(() => this.#report.count('dhcp.socket-errors'))
    socket.on('message', (bytes) => this.#receive(bytes))
  }

  counters(): Readonly<Record<string, number>> {
    const usage = Object.entries(this.#pool.usage())
    const pool = Object.fromEntries(usage.map(([name, count]) => [`dhcp.pool.${name}`, count]))
    return { ...this.#report.counters(), ...pool }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.removeAllListeners('message')
    await Promise.all(this.#underWay)
    this.#socket.close()
    await this.closed
  }

  #receive(bytes: Uint8Array): void {
    this.#report.count('dhcp.received')
    const decoding = decodePacket(bytes)
    if (!decoding.ok) {
      this.#report.count('dhcp.malformed')
      const { reason } = decoding
      this.#report.complain({ reason, sizeBytes: bytes.length }, 'a packet that is no DHCP request')
      return
    }
    const exchange = this.#exchangeOf(decoding.packet)
    if (exchange === undefined) return
    const work = this.#serve(exchange).finally(() => this.#underWay.delete(work))
    this.#underWay.add(work)
  }

  /** Undefined when the packet is not for us, or one too many of its client. */
  #exchangeOf(request: DhcpPacket): DhcpExchange | undefined {
    const { serverAddress } = this.#options
    const subnet = subnetOf(request, this.#options.subnet, serverAddress)
    if (subnet === undefined) {
      this.#report.count('dhcp.foreign')
      return undefined
    }
    const macAddress = macAddressFromBytes(request.hardwareAddress)
    if (this.#requests.admit(macAddress) === undefined) {
      this.#report.count('dhcp.rate-limited')
      return undefined
    }
    const client = bootClientOf(macAddress, request.options)
    return { request, macAddress, client, serverAddress, subnet }
  }

  /** Never rejects: whatever goes wrong, a lease that cannot be stored too, is no answer to this client. */
  async #serve(exchange: DhcpExchange): Promise<void> {
    this.#report.count(`dhcp.${exchange.request.messageType}`)
    try {
      this.#carryOut(await answerRequest(exchange, this.#chain), exchange)
    } catch (error) {
      this.#report.count('dhcp.failed')
      const { macAddress } = exchange
      this.#report.complain({ macAddress, error: messageOf(error) }, 'a DHCP request failed')
    }
  }

  #carryOut(verdict: Verdict, exchange: DhcpExchange): void {
    const { count, tell } = this.#report
    switch (verdict.kind) {
      case 'continue':
        this.#sendReply(exchange, verdict.reply)
        break
      case 'nak':
        this.#send('nak', encodeNak(exchange, verdict.because), exchange)
        tell('nak', exchange, { because: verdict.because })
        break
      case 'pool-full':
        count('dhcp.pool-full')
        tell('pool-full', exchange, { because: verdict.because })
        break
      case 'declined':
        tell('decline', exchange, { address: verdict.address, because: verdict.because })
        break
      case 'silence':
        count(`dhcp.${verdict.counter}`)
        if (verdict.counter === 'forged') tell('forged', exchange, { because: verdict.because })
        break
    }
  }

  #sendReply(exchange: DhcpExchange, reply: DhcpReply): void {
    const replyType = exchange.request.messageType === 'discover' ? 'offer' : 'ack'
    this.#send(replyType, encodeReply(exchange, reply), exchange)
    const { yourAddress } = reply
    const address = yourAddress === unspecifiedIpv4 ? exchange.request.clientAddress : yourAddress
    this.#report.tell(replyType, exchange, replyFacts(address, reply))
  }

  #send(replyType: 'offer' | 'ack' | 'nak', bytes: Uint8Array, { request }: DhcpExchange): void {
    const destination = replyDestination(request, replyType)
    const { address } = destination
    const port = destination.port === 'server' ? this.#options.port : this.#options.port + 1
    this.#report.count(`dhcp.${replyType}`)
    this.#socket.send(bytes, port, address, (error) => {
      if (error === null) return
      this.#report.count('dhcp.send-failed')
      this.#report.complain({ address, error: error.message }, 'a DHCP reply could not be sent')
    })
  }
}
