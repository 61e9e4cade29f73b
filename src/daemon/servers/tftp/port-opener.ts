import type { Socket } from 'node:dgram'

import { type Ipv4Address, parseIpv4Address } from '../../../base/ipv4-address.ts'
import { loadSocketCalls, type SocketCalls } from '../dhcp/socket-calls.ts'
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

export interface OpenedPort {
  readonly port: TransferPort
  readonly socket: Socket
}

/** Opens sockets for transfers, one port after the other, so that one just left rests the longest. */
export class PortOpener {
  readonly #address: Ipv4Address
  readonly #range: PortRange | undefined
  readonly #calls: SocketCalls | undefined
  #next: number

  /** With `any` the system chooses. Without `calls` sockets are Node's, which are slower. */
  constructor(address: Ipv4Address, ports: PortRange | 'any', calls?: SocketCalls) {
    this.#address = address
    this.#range = ports === 'any' ? undefined : ports
    this.#calls = calls
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
    socket.on('message', (bytes, sender) => hear(bytes, sender, socket))
    if (this.#calls === undefined) {
      await bindTo(socket, this.#address, port)
      return { port: nodePort(socket, peer, true), socket }
    }
    const at = { address: this.#address, port }
    const to = { address: parseIpv4Address(peer.address), port: peer.port }
    return { port: await RowPort.open(this.#calls, socket, { at, to, hear }), socket }
  }
}

/** Undefined where the system's own calls cannot be had: everything works without them, only slower. */
export async function findSocketCalls(): Promise<SocketCalls | undefined> {
  return loadSocketCalls().catch(() => undefined)
}
