import { messageOf } from '../../../base/coded-error.ts'
import { broadcastIpv4, type Ipv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import { encodeUdpDatagram } from '../../../protocol/ipv4/udp-datagram.ts'
import type { ServedInterface } from '../../domain/lease/select-subnet.ts'
import { type AddressProber, createAddressProber } from './conflict/address-prober.ts'
import type { DhcpReport } from './dhcp-report.ts'
import type { DhcpRole } from './dhcp-role.ts'
import { interfaceIsListed, interfacesNow } from './interfaces-now.ts'
import { type LinkSender, openLinkSender } from './link-sender.ts'
import { type DeviceSocket, openDeviceSocket } from './open-device-socket.ts'
import { mostPacketBytes, PacketQueue } from './packet-queue.ts'
import type { PassedSockets } from './passed-sockets.ts'
import { internetAddress, linux, type SocketCalls } from './socket-calls.ts'

/** How often we look whether the interface is still the one that we listen on. */
const watchMs = 1000

/** Taken from the socket in one go, so that it does not overflow while packets wait to be answered. */
const mostAtOnce = 512

/** Answers in one turn of the event loop; then others have theirs. */
const answeringMs = 8

/** What a listener needs besides its interface. */
export interface ListenerOptions {
  readonly port: number
  readonly role: DhcpRole
  readonly calls: SocketCalls
  /** One of these is used where it fits, and a new socket when the interface comes back. */
  readonly passed: PassedSockets
  readonly report: DhcpReport
  readonly onPacket: (bytes: Uint8Array, listener: DhcpListener) => void
  /** Whether a packet is answered before others when there are too many. */
  readonly isUrgent: (bytes: Uint8Array) => boolean
}

/**
 * One interface: hears, speaks and asks around on it alone. It outlives its interface: one that goes
 * away and comes back, with another number, is listened on again; one that lost our address is not
 * answered on, as clients must never be told an address that is not ours.
 */
export class DhcpListener implements AsyncDisposable {
  readonly place: ServedInterface
  readonly role: DhcpRole
  readonly prober: AddressProber
  readonly #options: ListenerOptions
  readonly #watch: NodeJS.Timeout
  #socket: DeviceSocket | undefined
  /** The relay or client that was answered last; a relay is answered often. */
  #destination = { address: unspecifiedIpv4, port: 0, bytes: internetAddress(unspecifiedIpv4, 0) }
  readonly #packet = new Uint8Array(mostPacketBytes)
  readonly #waiting: PacketQueue
  #answering: NodeJS.Immediate | undefined
  #sender: LinkSender | undefined
  #isBroadcasting = false
  #interfaceIndex: number
  #hasAddress = true
  #isOpening = false

  constructor(place: ServedInterface, socket: DeviceSocket, options: ListenerOptions) {
    this.place = place
    this.role = options.role
    this.#options = options
    this.#interfaceIndex = options.calls.interfaceIndex(place.interfaceName)
    this.prober = createAddressProber(place.interfaceName, options.calls, (address, holder) => {
      options.report.count('dhcp.conflict')
      options.report.conflict(address, holder)
    })
    this.#waiting = new PacketQueue(options.isUrgent, () => options.report.count('dhcp.overload'))
    this.#listen(socket)
    this.#watch = setInterval(() => void this.#check(), watchMs)
  }

  /** @throws {PortTakenError} {@link DeviceSocketError} */
  static async open(place: ServedInterface, options: ListenerOptions): Promise<DhcpListener> {
    const socket = await openDeviceSocket(place.interfaceName, options.port, options.passed)
    return new DhcpListener(place, socket, options)
  }

  send(bytes: Uint8Array, port: number, address: Ipv4Address): void {
    if (this.#socket === undefined) return
    if (this.#destination.address !== address || this.#destination.port !== port) {
      this.#destination = { address, port, bytes: internetAddress(address, port) }
    }
    const { calls } = this.#options
    if (calls.send(this.#socket.fd, bytes, this.#destination.bytes) >= 0) return
    const error = new Error(calls.lastError())
    this.#failed(error, 'a DHCP reply could not be sent', { address })
  }

  /**
   * Straight to the card of a client that does not use `address` yet. Where the system does not let us,
   * to everybody, which RFC 2131 §4.1 allows.
   */
  sendToCard(
    payload: Uint8Array,
    port: number,
    address: Ipv4Address,
    hardwareAddress: Uint8Array,
  ): void {
    const datagram = encodeUdpDatagram({
      source: this.place.address,
      sourcePort: this.#options.port,
      destination: address,
      destinationPort: port,
      payload,
    })
    if (this.#sender?.send(datagram, hardwareAddress) ?? false) return
    this.send(payload, port, broadcastIpv4)
    if (this.#isBroadcasting) return
    this.#isBroadcasting = true
    const { interfaceName } = this.place
    const because = 'clients without an address are answered by broadcast: CAP_NET_RAW is missing'
    this.#options.report.complain({ interfaceName }, because)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch)
    clearImmediate(this.#answering)
    this.#close()
  }

  #listen(socket: DeviceSocket): void {
    const { calls } = this.#options
    this.#socket = socket
    this.#sender = openLinkSender(this.place.interfaceName, calls)
    socket.socket.on('message', (bytes) => {
      this.#waiting.add(bytes)
      this.#receiveMore()
      if (this.#answering === undefined) this.#answer()
    })
    socket.socket.on('error', (error) => {
      this.#failed(error, 'the DHCP socket failed')
      this.#close()
    })
  }

  #receive(bytes: Uint8Array): void {
    if (this.#hasAddress) this.#options.onPacket(bytes, this)
    else this.#options.report.count('dhcp.no-address')
  }

  /** Node takes a packet with 64 KiB of memory and a turn each; what waits behind it costs neither. */
  #receiveMore(): void {
    const { calls } = this.#options
    for (let count = 1; count < mostAtOnce && this.#socket !== undefined; count++) {
      const sizeBytes = calls.receive(this.#socket.fd, this.#packet, linux.messageDontWait)
      if (sizeBytes < 0) return
      this.#waiting.add(this.#packet.subarray(0, sizeBytes))
    }
  }

  /** Answers what waits, for as long as one turn of the event loop may last, and the rest in the next. */
  #answer(): void {
    this.#answering = undefined
    const endsMs = performance.now() + answeringMs
    do {
      const bytes = this.#waiting.take()
      if (bytes === undefined) return
      this.#receive(bytes)
    } while (performance.now() < endsMs)
    this.#answering = setImmediate(() => {
      this.#receiveMore()
      this.#answer()
    })
  }

  #close(): void {
    this.#socket?.socket.close()
    this.#socket = undefined
    this.#sender?.close()
    this.#sender = undefined
  }

  /** Never rejects. */
  async #check(): Promise<void> {
    const { interfaceName, address } = this.place
    const index = this.#options.calls.interfaceIndex(interfaceName)
    // Without a file descriptor left nobody can tell its number.
    if (index === 0 && interfaceIsListed(interfaceName)) return
    // An interface without carrier is not in this list; it keeps its addresses.
    const addresses = interfacesNow()[interfaceName]
    this.#hasAddress = addresses?.some((entry) => entry.address === address) ?? index !== 0
    if (index === this.#interfaceIndex && this.#socket !== undefined) return
    this.#interfaceIndex = index
    this.#close()
    if (index !== 0) await this.#reopen()
  }

  async #reopen(): Promise<void> {
    if (this.#isOpening) return
    this.#isOpening = true
    try {
      this.#listen(await openDeviceSocket(this.place.interfaceName, this.#options.port))
      this.#options.report.count('dhcp.reopened')
    } catch (error) {
      this.#failed(error, 'the DHCP socket could not be opened again')
    } finally {
      this.#isOpening = false
    }
  }

  #failed(error: unknown, message: string, facts: Readonly<Record<string, string>> = {}): void {
    const { interfaceName } = this.place
    this.#options.report.count('dhcp.send-failed')
    this.#options.report.complain({ interfaceName, ...facts, error: messageOf(error) }, message)
  }
}
