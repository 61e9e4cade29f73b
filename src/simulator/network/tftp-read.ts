import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'

import type { Ipv4Address } from '../../base/ipv4-address.ts'
import { decodeTftpPacket } from '../../protocol/tftp/decode-tftp-packet.ts'
import { encodeTftpPacket } from '../../protocol/tftp/encode-tftp-packet.ts'
import type { TftpPacket } from '../../protocol/tftp/tftp-packet.ts'
import { NetworkBootError } from '../errors.ts'

export interface TftpReadOptions {
  /** The machine's own. */
  readonly localAddress: Ipv4Address
  readonly server: { readonly address: Ipv4Address; readonly port: number }
  readonly fileName: string
  readonly signal: AbortSignal
  /** Never acknowledges the first block: the fault of firmware that cannot hear what it is sent. Default false. */
  readonly stallsAtFirstBlock?: boolean
}

/** What fits Ethernet with the headers of IP, UDP and TFTP. */
const blockBytes = 1468
const patienceMs = 1000
const mostTries = 5

/**
 * Reads a file as PXE firmware does, block by block (RFC 1350, 2347, 2348).
 *
 * @throws {NetworkBootError} when the server refuses or falls silent
 */
export async function readByTftp(options: TftpReadOptions): Promise<Buffer> {
  const { localAddress, server, fileName, signal } = options
  signal.throwIfAborted()
  const socket = createSocket('udp4')
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const stop = () => reject(signal.reason as Error)
  signal.addEventListener('abort', stop)
  socket.on('error', reject)
  try {
    socket.bind({ address: localAddress, port: 0 })
    await once(socket, 'listening')
    const transfer = new Transfer({ ...options, resolve, reject }, (packet, to) => {
      socket.send(encodeTftpPacket(packet), to.port, to.address)
    })
    socket.on('message', (bytes, from) => transfer.receive(bytes, from))
    transfer.say(
      {
        kind: 'read-request',
        fileName,
        mode: 'octet',
        options: new Map([['blksize', String(blockBytes)]]),
      },
      server,
    )
    try {
      return await promise
    } finally {
      transfer.end()
    }
  } finally {
    signal.removeEventListener('abort', stop)
    socket.close()
  }
}

type Place = Pick<RemoteInfo, 'address' | 'port'>

interface TransferOptions extends TftpReadOptions {
  readonly resolve: (bytes: Buffer) => void
  readonly reject: (error: Error) => void
}

/** What has come of one file, and what is said again when nothing more comes. */
class Transfer {
  readonly #options: TransferOptions
  readonly #send: (packet: TftpPacket, to: Place) => void
  readonly #blocks: Buffer[] = []
  #blockBytes = 512
  #tries = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: TransferOptions, send: (packet: TftpPacket, to: Place) => void) {
    this.#options = options
    this.#send = send
  }

  say(packet: TftpPacket, to: Place): void {
    this.#tries = 0
    this.#sayAgain(packet, to)
  }

  receive(bytes: Uint8Array, from: Place): void {
    const decoding = decodeTftpPacket(bytes)
    if (!decoding.ok) return
    const { packet } = decoding
    if (packet.kind === 'error') {
      const reason = `TFTP error ${packet.errorCode}: ${packet.message} (PXE-T01)`
      this.#options.reject(new NetworkBootError(reason))
    } else if (packet.kind === 'option-acknowledgement') {
      this.#blockBytes = Number(packet.options.get('blksize') ?? 512)
      this.#acknowledge(0, from)
    } else if (packet.kind === 'data') {
      this.#take(packet.block, packet.bytes, from)
    }
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #take(block: number, bytes: Uint8Array, from: Place): void {
    if (block !== ((this.#blocks.length + 1) & 0xffff)) return
    if (this.#options.stallsAtFirstBlock === true) return clearTimeout(this.#timer)
    this.#blocks.push(Buffer.from(bytes))
    this.#acknowledge(block, from)
    if (bytes.length < this.#blockBytes) this.#options.resolve(Buffer.concat(this.#blocks))
  }

  #acknowledge(block: number, to: Place): void {
    this.say({ kind: 'acknowledgement', block }, to)
  }

  #sayAgain(packet: TftpPacket, to: Place): void {
    clearTimeout(this.#timer)
    if (++this.#tries > mostTries) {
      this.#options.reject(new NetworkBootError('TFTP has fallen silent (PXE-E32)'))
      return
    }
    this.#send(packet, to)
    this.#timer = setTimeout(() => this.#sayAgain(packet, to), patienceMs)
  }
}
