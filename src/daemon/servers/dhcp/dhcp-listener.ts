import { networkInterfaces } from 'node:os'

import { messageOf } from '../../../base/coded-error.ts'
import { type Ipv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import type { ServedInterface } from '../../domain/lease/select-subnet.ts'
import { type AddressProber, createAddressProber } from './conflict/address-prober.ts'
import type { DhcpReport } from './dhcp-report.ts'
import type { DhcpRole } from './dhcp-role.ts'
import { type DeviceSocket, openDeviceSocket } from './open-device-socket.ts'
import type { PassedSockets } from './passed-sockets.ts'
import { internetAddress, linux, type SocketCalls } from './socket-calls.ts'

/** How often we look whether the interface is still the one that we listen on. */
const watchMs = 1000

/** Taken from the socket in one go, 32 times in one turn of the event loop: 20 ms of work at most. */
const mostAtOnce = 8

const mostPacketBytes = 2048

/** What a listener needs besides its interface. */
export interface ListenerOptions {
  readonly port: number
  readonly role: DhcpRole
  readonly calls: SocketCalls
  /** One of these is used where it fits, and a new socket when the interface comes back. */
  readonly passed: PassedSockets
  readonly report: DhcpReport
  readonly onPacket: (bytes: Uint8Array, listener: DhcpListener) => void
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

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch)
    this.#close()
  }

  #listen(socket: DeviceSocket): void {
    this.#socket = socket
    socket.socket.on('message', (bytes) => {
      this.#receive(bytes)
      this.#receiveMore(socket)
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
  #receiveMore(socket: DeviceSocket): void {
    const { calls } = this.#options
    for (let count = 1; count < mostAtOnce && this.#socket === socket; count++) {
      const sizeBytes = calls.receive(socket.fd, this.#packet, linux.messageDontWait)
      if (sizeBytes < 0) return
      this.#receive(this.#packet.subarray(0, sizeBytes))
    }
  }

  #close(): void {
    this.#socket?.socket.close()
    this.#socket = undefined
  }

  /** Never rejects. */
  async #check(): Promise<void> {
    const { interfaceName, address } = this.place
    const index = this.#options.calls.interfaceIndex(interfaceName)
    // An interface without carrier is not in this list; it keeps its addresses.
    const addresses = networkInterfaces()[interfaceName]
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
