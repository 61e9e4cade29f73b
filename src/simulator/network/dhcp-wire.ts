import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { type MacAddress, macAddressFromBytes } from '../../base/mac-address.ts'
import { decodePacket } from '../../protocol/dhcpv4/decode-packet.ts'
import type { DhcpPacket } from '../../protocol/dhcpv4/dhcp-packet.ts'
import { encodePacket } from '../../protocol/dhcpv4/encode-packet.ts'

/** To everybody on the loopback network, whose netmask is 8 bits wide. */
const loopbackBroadcast = '127.255.255.255'
/** What fits Ethernet. */
const largestPacketBytes = 1472
/** A whole rack is answered at once. */
const receiveBufferBytes = 4 * 1024 * 1024

type Listener = (reply: DhcpPacket) => void

/**
 * The cable of a simulated rack: the loopback interface. Machines without an address share the client's
 * port on it, as they would share an Ethernet, and each hears what is meant for its MAC address.
 */
export class DhcpWire implements AsyncDisposable {
  readonly #socket: Socket
  readonly #serverPort: number
  readonly #listeners = new Map<MacAddress, Listener>()

  private constructor(socket: Socket, serverPort: number) {
    this.#socket = socket
    this.#serverPort = serverPort
    socket.on('message', (bytes) => this.#hear(bytes))
    // A daemon that is away for a moment is a request without an answer: it is asked again.
    socket.on('error', () => undefined)
  }

  /** @param serverPort of the daemon; clients are answered on the port after it */
  static async open(serverPort: number): Promise<DhcpWire> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    socket.bind(serverPort + 1)
    await once(socket, 'listening')
    socket.setBroadcast(true)
    socket.setRecvBufferSize(receiveBufferBytes)
    return new DhcpWire(socket, serverPort)
  }

  /** What is heard for that machine from now on; one listener a machine. */
  listen(macAddress: MacAddress, listener: Listener): Disposable {
    this.#listeners.set(macAddress, listener)
    return {
      [Symbol.dispose]: () => {
        if (this.#listeners.get(macAddress) === listener) this.#listeners.delete(macAddress)
      },
    }
  }

  send(packet: DhcpPacket): void {
    this.#socket.send(encodePacket(packet, largestPacketBytes), this.#serverPort, loopbackBroadcast)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  #hear(bytes: Uint8Array): void {
    const decoding = decodePacket(bytes)
    if (!decoding.ok || decoding.packet.operation !== 'reply') return
    this.#listeners.get(macAddressFromBytes(decoding.packet.hardwareAddress))?.(decoding.packet)
  }
}
