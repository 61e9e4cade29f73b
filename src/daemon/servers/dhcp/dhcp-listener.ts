import type { Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'

import { messageOf } from '../../../base/coded-error.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { ServedInterface } from '../../domain/lease/select-subnet.ts'
import { type AddressProber, createAddressProber } from './conflict/address-prober.ts'
import type { DhcpReport } from './dhcp-report.ts'
import { openDeviceSocket } from './open-device-socket.ts'
import type { SocketCalls } from './socket-calls.ts'

/** How often we look whether the interface is still the one that we listen on. */
const watchMs = 1000

/** What a listener needs besides its interface. */
export interface ListenerOptions {
  readonly port: number
  readonly calls: SocketCalls
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
  readonly prober: AddressProber
  readonly #options: ListenerOptions
  readonly #watch: NodeJS.Timeout
  #socket: Socket | undefined
  #interfaceIndex: number
  #hasAddress = true
  #isOpening = false

  constructor(place: ServedInterface, socket: Socket, options: ListenerOptions) {
    this.place = place
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
    const socket = await openDeviceSocket(place.interfaceName, options.port)
    return new DhcpListener(place, socket, options)
  }

  send(bytes: Uint8Array, port: number, address: Ipv4Address): void {
    if (this.#socket === undefined) return
    this.#socket.send(bytes, port, address, (error) => {
      if (error !== null) this.#failed(error, 'a DHCP reply could not be sent', { address })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch)
    this.#close()
  }

  #listen(socket: Socket): void {
    this.#socket = socket
    socket.on('message', (bytes) => {
      if (this.#hasAddress) this.#options.onPacket(bytes, this)
      else this.#options.report.count('dhcp.no-address')
    })
    socket.on('error', (error) => {
      this.#failed(error, 'the DHCP socket failed')
      this.#close()
    })
  }

  #close(): void {
    this.#socket?.close()
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
