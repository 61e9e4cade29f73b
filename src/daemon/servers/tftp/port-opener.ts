import type { Socket } from 'node:dgram'

import { type Ipv4Address, parseIpv4Address } from '../../../base/ipv4-address.ts'
import type { SocketCalls } from '../dhcp/socket-calls.ts'
import type { Attention } from './attention.ts'
import { RowPort } from './row-port.ts'
import {
  type HearDatagram,
  bindTo,
  createTftpSocket,
  nodePort,
  type TftpPeer,
  type TransferPort,
} from './transfer-port.ts'

/** Ports for transfers, both ends included. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/** What lets transfers go by the system's own calls. */
export interface FastSockets {
  readonly calls: SocketCalls
  readonly attention: Attention
}

export interface OpenedPort {
  readonly port: TransferPort
  readonly socket: Socket
}

/** Opens sockets for transfers, one port after the other, so that one just left rests the longest. */
export class PortOpener {
  readonly #address: Ipv4Address
  readonly #range: PortRange | undefined
  readonly #fast: FastSockets | undefined
  #next: number

  /** With `any` the system chooses. Without `fast` sockets are Node's alone, and slower. */
  constructor(address: Ipv4Address, ports: PortRange | 'any', fast?: FastSockets) {
    this.#address = address
    this.#range = ports === 'any' ? undefined : ports
    this.#fast = fast
    this.#next = this.#range?.first ?? 0
  }

  /** @throws {ListenError} when no port of the range can be had */
  async open(peer: TftpPeer, hear: HearDatagram): Promise<OpenedPort> {
    if (this.#range === undefined) return this.#bind(0, peer, hear)
    const { first, last } = this.#range
    for (let tries = last - first; ; tries--) {
      const port = this.#next
      this.#next = port >= last ? first : port + 1
      try {
        return await this.#bind(port, peer, hear)
      } catch (error) {
        if (tries === 0) throw error
      }
    }
  }

  async #bind(port: number, peer: TftpPeer, hear: HearDatagram): Promise<OpenedPort> {
    const socket = createTftpSocket()
    if (this.#fast === undefined) {
      socket.on('message', (bytes, sender) => hear(bytes, sender, socket))
      await bindTo(socket, this.#address, port)
      return { port: nodePort(socket, peer, true), socket }
    }
    const { calls, attention } = this.#fast
    const at = { address: this.#address, port }
    const to = { address: parseIpv4Address(peer.address), port: peer.port }
    return { port: await RowPort.open(calls, socket, { at, to, hear, attention }), socket }
  }
}
