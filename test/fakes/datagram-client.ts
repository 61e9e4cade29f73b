import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

export interface Datagram {
  readonly bytes: Uint8Array
  readonly from: RemoteInfo
}

/** A UDP socket on loopback that keeps what it gets, for tests that speak a protocol by hand. */
export class DatagramClient implements AsyncDisposable {
  readonly #socket: Socket
  readonly #arrived: Datagram[] = []
  readonly #waiting: ((datagram: Datagram) => void)[] = []

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (bytes, from) => {
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#arrived.push({ bytes, from })
      else waiting({ bytes, from })
    })
  }

  static async open(address = '127.0.0.1'): Promise<DatagramClient> {
    const socket = createSocket('udp4')
    socket.bind({ address, port: 0 })
    await once(socket, 'listening')
    return new DatagramClient(socket)
  }

  /** Resolves when the kernel has it. */
  send(bytes: Uint8Array, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, port, '127.0.0.1', (error) => {
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  /** The next datagram, whenever it comes. */
  next(): Promise<Datagram> {
    const arrived = this.#arrived.shift()
    if (arrived !== undefined) return Promise.resolve(arrived)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** How many have come and were not asked for. */
  get unread(): number {
    return this.#arrived.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }
}
