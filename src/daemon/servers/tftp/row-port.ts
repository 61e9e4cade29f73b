import type { Socket } from 'node:dgram'
import { once } from 'node:events'

import { type Ipv4Address, ipv4FromBytes, ipv4ToBytes } from '../../../base/ipv4-address.ts'
import { linux, type SocketCalls } from '../dhcp/socket-calls.ts'
import { ListenError } from '../listen-error.ts'
import type { Attention, Listener } from './attention.ts'
import type { HearDatagram, TransferPort } from './transfer-port.ts'

interface Endpoint {
  readonly address: Ipv4Address
  readonly port: number
}

interface RowPortSetup {
  readonly at: Endpoint
  readonly to: Endpoint
  readonly hear: HearDatagram
  readonly attention: Attention
}

/** Shorter datagrams go one by one, so that nothing but blocks is ever cut into a row. */
const leastRowBytes = 512
/** Of a long row so many go first: the client takes them while the others are cut. */
const headDatagrams = 4
/** Answers are four bytes, refusals a few hundred. */
const received = new Uint8Array(2048)
const sender = new Uint8Array(16)

/**
 * A transfer's port that sends a window in one call, which the kernel cuts into datagrams
 * (`UDP_SEGMENT`, udp(7)), and is listened to with attention.
 */
export class RowPort implements TransferPort, Listener {
  readonly #calls: SocketCalls
  readonly #socket: Socket
  readonly fd: number
  readonly #setup: RowPortSetup
  readonly #to: Uint8Array
  #rowBytes = 0
  #canSendRows = true
  #isClosed = false

  private constructor(calls: SocketCalls, socket: Socket, fd: number, setup: RowPortSetup) {
    this.#calls = calls
    this.#socket = socket
    this.fd = fd
    this.#setup = setup
    this.#to = socketAddress(setup.to)
    socket.on('message', (bytes, from) => {
      setup.hear(bytes, from, socket)
      setup.attention.woken()
    })
    setup.attention.add(this)
  }

  /**
   * @param socket takes the descriptor over, to be woken by what nobody has looked for
   * @throws {ListenError} when the address or the port cannot be had; the socket is closed then
   */
  static async open(calls: SocketCalls, socket: Socket, setup: RowPortSetup): Promise<RowPort> {
    const kind = linux.socketDatagram | linux.socketCloseOnExec | linux.socketNonBlocking
    const fd = calls.socket(linux.addressFamilyInet, kind, 0)
    const at = socketAddress(setup.at)
    if (fd < 0 || calls.bind(fd, at, at.length) !== 0) {
      const systemCode = calls.lastError()
      const cause = Object.assign(new Error(systemCode), { code: systemCode })
      if (fd >= 0) calls.close(fd)
      socket.close()
      throw new ListenError(`${setup.at.address}:${setup.at.port}/udp`, cause)
    }
    const listening = once(socket, 'listening')
    socket.bind({ fd })
    await listening
    return new RowPort(calls, socket, fd, setup)
  }

  send(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#calls.send(this.fd, bytes, this.#to)
  }

  sendRow(bytes: Uint8Array, datagramBytes: number): void {
    if (this.#isClosed) return
    const headBytes = headDatagrams * datagramBytes
    const isLong = bytes.length >= 2 * headBytes
    if (isLong) this.#sendDatagrams(bytes.subarray(0, headBytes), datagramBytes)
    this.#sendDatagrams(isLong ? bytes.subarray(headBytes) : bytes, datagramBytes)
  }

  hearOne(): void {
    const length = this.#calls.receiveFrom(this.fd, received, linux.messageDontWait, sender)
    if (length < 0) return
    this.#setup.hear(received.subarray(0, length), this.#senderPeer(), this.#socket)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#setup.attention.remove(this)
    this.#socket.close()
  }

  #sendDatagrams(bytes: Uint8Array, datagramBytes: number): void {
    if (bytes.length > datagramBytes && this.#isCutTo(datagramBytes)) {
      if (this.#calls.send(this.fd, bytes, this.#to) >= 0) return
      // A full queue loses the row like any datagram; whatever else it is, one by one may work.
      if (['EAGAIN', 'ENOBUFS'].includes(this.#calls.lastError())) return
      this.#stopRows()
    }
    for (let at = 0; at < bytes.length; at += datagramBytes) {
      this.#calls.send(this.fd, bytes.subarray(at, at + datagramBytes), this.#to)
    }
  }

  #senderPeer(): Endpoint {
    const port = ((sender[2] ?? 0) << 8) | (sender[3] ?? 0)
    let isPeer = true
    for (let at = 2; at < 8; at++) isPeer &&= sender[at] === this.#to[at]
    return isPeer ? this.#setup.to : { address: ipv4FromBytes(sender.subarray(4, 8)), port }
  }

  #isCutTo(datagramBytes: number): boolean {
    if (!this.#canSendRows || datagramBytes < leastRowBytes) return false
    if (datagramBytes !== this.#rowBytes) {
      this.#rowBytes = datagramBytes
      this.#canSendRows = this.#setSegment(datagramBytes)
    }
    return this.#canSendRows
  }

  #stopRows(): void {
    this.#canSendRows = false
    this.#setSegment(0)
  }

  #setSegment(bytes: number): boolean {
    const value = new Uint8Array(Int32Array.of(bytes).buffer)
    const { levelUdp, optionUdpSegment } = linux
    return this.#calls.setsockopt(this.fd, levelUdp, optionUdpSegment, value, value.length) === 0
  }
}

/** struct sockaddr_in: family in the byte order of the host, port and address in the network's. */
function socketAddress({ address, port }: Endpoint): Uint8Array {
  const bytes = new Uint8Array(16)
  bytes.set(new Uint8Array(Uint16Array.of(linux.addressFamilyInet).buffer))
  bytes.set([port >>> 8, port & 255], 2)
  bytes.set(ipv4ToBytes(address), 4)
  return bytes
}
