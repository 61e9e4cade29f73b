import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import { ListenError } from '../listen-error.ts'

export type TftpPeer = Pick<RemoteInfo, 'address' | 'port'>

/** Where the datagrams of one transfer leave from: the server's transfer identifier (RFC 1350 §4). */
export interface TransferPort {
  /** A datagram that cannot be sent is a lost one. `bytes` must not change afterwards. */
  send(bytes: Uint8Array): void
  close(): void
}

/** Ports for transfers, both ends included. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/** A socket that takes addresses as they are: Node's own look-up costs a turn of the loop a packet. */
export function createTftpSocket(options: { readonly recvBufferSize?: number } = {}): Socket {
  const lookup = (
    address: string,
    _options: unknown,
    callback: (error: null, address: string, family: number) => void,
  ) => callback(null, address, 4)
  return createSocket({ type: 'udp4', lookup, ...options })
}

/** Whether it arrives, nobody is told: a datagram that cannot be sent is a lost one. */
export function sendTo(socket: Socket, bytes: Uint8Array, { address, port }: TftpPeer): void {
  socket.send(bytes, port, address, ignoreOutcome)
}

const ignoreOutcome = (): void => {}

/** @throws {ListenError} when the address or the port cannot be had; the socket is closed then */
export async function bindTo(socket: Socket, address: Ipv4Address, port: number): Promise<void> {
  // Emitted within the very call: the address needs no look-up.
  const listening = once(socket, 'listening')
  try {
    socket.bind({ address, port })
    await listening
  } catch (error) {
    socket.close()
    throw new ListenError(`${address}:${port}/udp`, error)
  }
}

/** Opens sockets for transfers, one port after the other, so that one just left rests the longest. */
export class PortOpener {
  readonly #address: Ipv4Address
  readonly #range: PortRange | undefined
  #next: number

  /** With `any` the system chooses. */
  constructor(address: Ipv4Address, ports: PortRange | 'any') {
    this.#address = address
    this.#range = ports === 'any' ? undefined : ports
    this.#next = this.#range?.first ?? 0
  }

  /** @throws {ListenError} when no port of the range can be had */
  async open(): Promise<Socket> {
    if (this.#range === undefined) return this.#bind(0)
    const { first, last } = this.#range
    for (let tries = last - first; ; tries--) {
      const port = this.#next
      this.#next = port >= last ? first : port + 1
      try {
        return await this.#bind(port)
      } catch (error) {
        if (tries === 0) throw error
      }
    }
  }

  async #bind(port: number): Promise<Socket> {
    const socket = createTftpSocket()
    await bindTo(socket, this.#address, port)
    return socket
  }
}
