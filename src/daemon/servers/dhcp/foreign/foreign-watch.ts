import { broadcastIpv4, type Ipv4Address, unspecifiedIpv4 } from '../../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../../base/mac-address.ts'
import { clientRequest } from '../../../../protocol/dhcpv4/client-request.ts'
import { decodePacket } from '../../../../protocol/dhcpv4/decode-packet.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { encodePacket } from '../../../../protocol/dhcpv4/encode-packet.ts'
import { readAddressOption } from '../../../../protocol/dhcpv4/read-option.ts'
import { encodeUdpDatagram, readUdpDatagram } from '../../../../protocol/ipv4/udp-datagram.ts'
import { type LinkSocket, openLinkSocket } from '../link-socket.ts'
import { linux, type SocketCalls } from '../socket-calls.ts'
import { serverMessagesFilter } from './server-messages-filter.ts'

/** Another DHCP server that gives addresses. */
export interface ForeignServer {
  readonly address: Ipv4Address
  /** Of the card that its message came from: its own, or a router's in between. */
  readonly macAddress: MacAddress
}

export interface ForeignWatchOptions {
  readonly interfaceName: string
  readonly ownMacAddress: MacAddress
  readonly ownAddress: Ipv4Address
  readonly calls: SocketCalls
}

const ports = { server: 67, client: 68 } as const
const mostBytes = 1600

/** Listens for what other DHCP servers say on one interface, and asks for it. */
export class ForeignWatch implements Disposable {
  readonly #options: ForeignWatchOptions
  readonly #socket: LinkSocket

  constructor(options: ForeignWatchOptions, socket: LinkSocket) {
    this.#options = options
    this.#socket = socket
  }

  /** Undefined where the system refuses: nobody can look then. */
  static open(options: ForeignWatchOptions): ForeignWatch | undefined {
    const socket = openLinkSocket({
      ...options,
      etherType: linux.etherTypeIpv4,
      mostBytes,
      filter: serverMessagesFilter,
    })
    return socket === undefined ? undefined : new ForeignWatch(options, socket)
  }

  /** Asks the network for an address that is never taken: whoever gives addresses answers everybody. */
  ask(transactionId: number): void {
    const payload = encodePacket(
      clientRequest({
        messageType: 'discover',
        transactionId,
        macAddress: this.#options.ownMacAddress,
        options: new Map([[dhcpOptionCode.parameterRequestList, Uint8Array.of(1, 3)]]),
      }),
    )
    this.#socket.broadcast(
      encodeUdpDatagram({
        source: unspecifiedIpv4,
        sourcePort: ports.client,
        destination: broadcastIpv4,
        destinationPort: ports.server,
        payload,
      }),
    )
  }

  /** Servers that offered or confirmed an address since the last call. */
  heard(): ForeignServer[] {
    const servers = new Map<Ipv4Address, ForeignServer>()
    this.#socket.receive((packet, macAddress) => {
      const address = this.#serverOf(packet)
      if (address !== undefined) servers.set(address, { address, macAddress })
    })
    return [...servers.values()]
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }

  /** A proxy, which gives no address, is no rival. */
  #serverOf(packet: Uint8Array): Ipv4Address | undefined {
    const datagram = readUdpDatagram(packet)
    const decoding = datagram === undefined ? undefined : decodePacket(datagram.payload)
    if (datagram === undefined || decoding === undefined || !decoding.ok) return undefined
    const { operation, messageType, yourAddress, options } = decoding.packet
    const givesAddress = messageType === 'offer' || messageType === 'ack'
    if (operation !== 'reply' || !givesAddress || yourAddress === unspecifiedIpv4) return undefined
    const server = readAddressOption(options, dhcpOptionCode.serverIdentifier) ?? datagram.source
    return server === this.#options.ownAddress ? undefined : server
  }
}
