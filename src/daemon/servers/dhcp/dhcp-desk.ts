import type { Clock } from '../../../base/clock.ts'
import { messageOf } from '../../../base/coded-error.ts'
import { unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import { type MacAddress, macAddressFromBytes } from '../../../base/mac-address.ts'
import { decodePacket } from '../../../protocol/dhcpv4/decode-packet.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import { peekMessageType } from '../../../protocol/dhcpv4/peek-message-type.ts'
import { readAddressOption } from '../../../protocol/dhcpv4/read-option.ts'
import type { BootFileResolver } from '../../domain/bootenv/boot-client.ts'
import type { ServedSubnets } from '../../domain/lease/served-subnets.ts'
import { createRateGate, type RateGate } from '../boot-files/rate-gate.ts'
import { answerRequest, dhcpChain, proxyChain } from './answer-request.ts'
import type { DhcpExchange, DhcpLink, DhcpReply, Verdict } from './dhcp-exchange.ts'
import type { DhcpListener } from './dhcp-listener.ts'
import { type DhcpReport, replyFacts } from './dhcp-report.ts'
import type { DhcpRole } from './dhcp-role.ts'
import { exchangeOf } from './exchange-of.ts'
import { replyDestination } from './reply-destination.ts'
import { encodeNak, encodeReply } from './reply-packet.ts'

export interface DhcpDeskOptions {
  readonly subnets: ServedSubnets
  readonly bootFiles: BootFileResolver
  /** A proxy boots nobody else. */
  readonly isKnownMachine: (macAddress: MacAddress) => boolean
  readonly report: DhcpReport
  readonly clock: Clock
  /** Clients are answered on the port after it. */
  readonly port: number
}

/** Requests of one client that are answered in any one second: at most ten. */
const requestsOfClient = { burst: 5, perSecond: 5 }

/** Answers what every interface hears; one set of subnets and limits for all of them. */
export class DhcpDesk {
  readonly #options: DhcpDeskOptions
  readonly #report: DhcpReport
  readonly #chains: Readonly<Record<DhcpRole, readonly DhcpLink[]>>
  readonly #requests: RateGate
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: DhcpDeskOptions) {
    this.#options = options
    this.#report = options.report
    const proxy = proxyChain(options.bootFiles, options.isKnownMachine)
    this.#chains = { server: dhcpChain(options.bootFiles), proxy, 'boot-server': proxy }
    this.#requests = createRateGate(options.clock, requestsOfClient)
  }

  /** Resolves when everything that was received is answered. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  /** Whether a packet is answered first when there are too many: it is no stranger's first word. */
  isUrgent(bytes: Uint8Array): boolean {
    const messageType = peekMessageType(bytes)
    if (messageType !== 'discover') return messageType !== undefined
    return this.#options.isKnownMachine(macAddressFromBytes(bytes.subarray(28, 34)))
  }

  receive(bytes: Uint8Array, listener: DhcpListener): void {
    this.#report.count('dhcp.received')
    const decoding = decodePacket(bytes)
    if (!decoding.ok) {
      this.#report.count('dhcp.malformed')
      const { reason } = decoding
      this.#report.complain({ reason, sizeBytes: bytes.length }, 'a packet that is no DHCP request')
      return
    }
    const exchange = this.#exchangeOf(decoding.packet, listener)
    if (exchange !== undefined) this.#serve(exchange, listener)
  }

  /** Undefined when the packet is not for us, or one too many of its client. */
  #exchangeOf(request: DhcpPacket, listener: DhcpListener): DhcpExchange | undefined {
    const macAddress = macAddressFromBytes(request.hardwareAddress)
    const exchange = exchangeOf(request, macAddress, listener, this.#options.subnets)
    if (exchange === undefined) {
      this.#report.count('dhcp.foreign')
      return undefined
    }
    if (this.#requests.admit(macAddress) === undefined) {
      this.#report.count('dhcp.rate-limited')
      return undefined
    }
    this.#report.count(`dhcp.${request.messageType}`)
    return exchange
  }

  /** Never throws: whatever goes wrong, a lease that cannot be stored too, is no answer to this client. */
  #serve(exchange: DhcpExchange, listener: DhcpListener): void {
    try {
      const verdict = answerRequest(exchange, this.#chains[exchange.role])
      if (!(verdict instanceof Promise)) {
        this.#carryOut(verdict, exchange, listener)
        return
      }
      const work = verdict
        .then((late) => this.#carryOut(late, exchange, listener))
        .catch((error: unknown) => this.#failed(error, exchange))
        .finally(() => this.#underWay.delete(work))
      this.#underWay.add(work)
    } catch (error) {
      this.#failed(error, exchange)
    }
  }

  #failed(error: unknown, { macAddress }: DhcpExchange): void {
    this.#report.count('dhcp.failed')
    this.#report.complain({ macAddress, error: messageOf(error) }, 'a DHCP request failed')
  }

  #carryOut(verdict: Verdict, exchange: DhcpExchange, listener: DhcpListener): void {
    const { count, tell } = this.#report
    switch (verdict.kind) {
      case 'continue':
        this.#sendReply(exchange, verdict.reply, listener)
        break
      case 'nak':
        this.#send('nak', encodeNak(exchange, verdict.because), exchange, listener)
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
        if (verdict.counter === 'forged' || verdict.counter === 'unknown-machine') {
          tell(verdict.counter, exchange, { because: verdict.because })
        }
        if (verdict.counter === 'other-server') this.#tellOther(exchange, listener)
        break
    }
  }

  /** Clients name the server that they chose, to everybody. */
  #tellOther({ request }: DhcpExchange, { place, role }: DhcpListener): void {
    const address = readAddressOption(request.options, dhcpOptionCode.serverIdentifier)
    if (address === undefined || role === 'boot-server') return
    if (request.relayAddress === unspecifiedIpv4) {
      this.#report.foreign({ address }, place.interfaceName)
    }
  }

  #sendReply(exchange: DhcpExchange, reply: DhcpReply, listener: DhcpListener): void {
    const replyType = exchange.request.messageType === 'discover' ? 'offer' : 'ack'
    const { yourAddress } = reply
    this.#send(replyType, encodeReply(exchange, reply), exchange, listener, yourAddress)
    const address = yourAddress === unspecifiedIpv4 ? exchange.request.clientAddress : yourAddress
    const action = exchange.role === 'server' ? replyType : (`proxy-${replyType}` as const)
    this.#report.tell(action, exchange, () => replyFacts(address, reply))
  }

  #send(
    replyType: 'offer' | 'ack' | 'nak',
    bytes: Uint8Array,
    { request }: DhcpExchange,
    listener: DhcpListener,
    yourAddress = unspecifiedIpv4,
  ): void {
    const { kind, address } = replyDestination(request, replyType, yourAddress)
    const port = this.#options.port + (kind === 'relay' ? 0 : 1)
    this.#report.count(`dhcp.${replyType}`)
    if (kind === 'card') listener.sendToCard(bytes, port, address, request.hardwareAddress)
    else listener.send(bytes, port, address)
  }
}
