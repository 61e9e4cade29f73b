import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import { ListenError } from '../listen-error.ts'

export type TftpPeer = Pick<RemoteInfo, 'address' | 'port'>

/** Told what arrives at a transfer's port, whoever sent it; `socket` is where an answer leaves from. */
export type HearDatagram = (bytes: Uint8Array, sender: TftpPeer, socket: Socket) => void

/**
 * Where the datagrams of one transfer leave from: the server's transfer identifier (RFC 1350 §4). A
 * datagram that cannot be sent is a lost one. Bytes that were handed over may change afterwards.
 */
export interface TransferPort {
  send(bytes: Uint8Array): void
  /** Several datagrams in a row, each of `datagramBytes`, the last one perhaps shorter. */
  sendRow(bytes: Uint8Array, datagramBytes: number): void
  close(): void
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

/** A transfer's port on a socket of Node's; `isOwn` when it is to be closed with the transfer. */
export function nodePort(socket: Socket, peer: TftpPeer, isOwn: boolean): TransferPort {
  // Node may still read the bytes when the call has returned.
  const send = (bytes: Uint8Array) => sendTo(socket, Uint8Array.from(bytes), peer)
  return {
    send,
    sendRow: (bytes, datagramBytes) => {
      for (let at = 0; at < bytes.length; at += datagramBytes) {
        send(bytes.subarray(at, at + datagramBytes))
      }
    },
    close: () => {
      if (isOwn) socket.close()
    },
  }
}
