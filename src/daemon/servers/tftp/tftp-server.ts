import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { inertText } from '../../../base/ascii.ts'
import type { Clock } from '../../../base/clock.ts'
import { messageOf } from '../../../base/coded-error.ts'
import { type Ipv4Address, parseIpv4Address } from '../../../base/ipv4-address.ts'
import type { Logger } from '../../../base/logger.ts'
import { decodeTftpPacket } from '../../../protocol/tftp/decode-tftp-packet.ts'
import { encodeTftpPacket } from '../../../protocol/tftp/encode-tftp-packet.ts'
import { negotiateTftpOptions } from '../../../protocol/tftp/negotiate-tftp-options.ts'
import {
  type TftpPacket,
  type TftpRequest,
  tftpErrorCode,
} from '../../../protocol/tftp/tftp-packet.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import type { BootFile, BootFileRoute } from '../boot-files/boot-file.ts'
import { normaliseBootPath } from '../boot-files/normalise-boot-path.ts'
import { createRateGate } from '../boot-files/rate-gate.ts'
import { resolveFromChain } from '../boot-files/resolve-from-chain.ts'
import { ListenError } from '../listen-error.ts'
import type { RunningServer } from '../running-server.ts'
import { type TftpPeer, TftpTransfer, type TransferReport } from './tftp-transfer.ts'

export interface TftpServerOptions {
  readonly address: Ipv4Address
  /** @default 69 */
  readonly port?: number
  readonly routes: readonly BootFileRoute[]
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventSink
  /** Of the interface that machines are reached by; blocks are cut so that none is fragmented. */
  readonly mtuBytes: number
  readonly limits?: Partial<TftpLimits>
}

export interface TftpLimits {
  /** Transfers at one time, all clients together. @default 250 */
  readonly transfers: number
  /** Transfers at one time from one address. @default 32 */
  readonly transfersPerClient: number
}

/** How long transfers under way may still take when the server is disposed. */
const graceMs = 2000

/**
 * Serves boot files to firmware: read requests only, each transfer on a port of its own. Packets that
 * are no TFTP and ERROR packets are never answered.
 *
 * @throws {ListenError} when the address or the port cannot be had
 */
export async function startTftpServer(options: TftpServerOptions): Promise<RunningServer> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 })
  const port = options.port ?? 69
  try {
    socket.bind({ address: options.address, port })
    await once(socket, 'listening')
  } catch (error) {
    socket.close()
    throw new ListenError(`${options.address}:${port}/udp`, error)
  }
  return new TftpServer(socket, options)
}

/** One request that is being answered, from its arrival on. */
interface Exchange {
  readonly clientAddress: string
  /** The request's bytes, to recognise its retransmission. */
  readonly request: string
  transfer?: TftpTransfer
}

class TftpServer implements RunningServer {
  readonly name = 'tftp'
  readonly endpoint: string
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #options: TftpServerOptions
  readonly #limits: TftpLimits
  readonly #exchanges = new Map<string, Exchange>()
  readonly #underWay = new Set<Promise<void>>()
  readonly #counters = new Map<string, number>()
  #stopped: Promise<void> | undefined
  readonly #refusals
  readonly #misses
  readonly #missLines

  constructor(socket: Socket, options: TftpServerOptions) {
    const { address, port } = socket.address()
    this.endpoint = `${address}:${port}/udp`
    this.#socket = socket
    this.#options = options
    this.#limits = { transfers: 250, transfersPerClient: 32, ...options.limits }
    this.#refusals = createRateGate(options.clock, { burst: 1, perSecond: 1 })
    this.#misses = createRateGate(options.clock, { burst: 100, perSecond: 50 })
    this.#missLines = createRateGate(options.clock, { burst: 1, perSecond: 0.1 })
    this.closed = new Promise((resolve, reject) => {
      socket.once('close', resolve)
      socket.on('error', reject)
    })
    this.closed.catch(() => this.#count('tftp.socket-errors'))
    socket.on('message', (bytes, peer) => this.#receive(bytes, peer))
  }

  counters(): Readonly<Record<string, number>> {
    return { ...Object.fromEntries(this.#counters), 'tftp.active': this.#exchanges.size }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#socket.removeAllListeners('message')
    const grace = new AbortController()
    const timer = setTimeout(() => grace.abort(), graceMs)
    const outOfPatience = once(grace.signal, 'abort')
    await Promise.race([Promise.all(this.#underWay), outOfPatience])
    clearTimeout(timer)
    for (const { transfer } of this.#exchanges.values()) transfer?.abort('the server stops')
    await Promise.all(this.#underWay)
    this.#socket.close()
    await this.closed
  }

  #receive(bytes: Uint8Array, peer: RemoteInfo): void {
    const decoding = decodeTftpPacket(bytes)
    if (!decoding.ok) {
      this.#count('tftp.malformed')
    } else if (decoding.packet.kind === 'read-request') {
      const work = this.#serve(decoding.packet, peer).finally(() => this.#underWay.delete(work))
      this.#underWay.add(work)
    } else if (decoding.packet.kind === 'write-request') {
      this.#refuse(peer, tftpErrorCode.accessViolation, 'nothing can be written here')
    } else {
      this.#count('tftp.unexpected')
    }
  }

  /** Never rejects: whatever goes wrong is this client's trouble alone. */
  async #serve(request: TftpRequest, peer: RemoteInfo): Promise<void> {
    this.#count('tftp.requests')
    if (request.mode !== 'octet') {
      return this.#refuse(peer, tftpErrorCode.illegalOperation, 'only mode octet is served')
    }
    const key = `${peer.address}:${peer.port}`
    const exchange = this.#beginExchange(key, request, peer)
    if (exchange === undefined) return
    try {
      await this.#answer(exchange, request, peer)
    } catch (error) {
      this.#count('tftp.failed')
      const facts = { clientAddress: peer.address, path: inertText(request.fileName, 120) }
      this.#options.logger.error({ ...facts, error: messageOf(error) }, 'a boot file failed')
      this.#sendError(peer, tftpErrorCode.notDefined, 'the server cannot read this file')
    } finally {
      if (this.#exchanges.get(key) === exchange) this.#exchanges.delete(key)
    }
  }

  /** Takes a place among the transfers; undefined when the request is a repeated one or there is no place. */
  #beginExchange(key: string, request: TftpRequest, peer: RemoteInfo): Exchange | undefined {
    const identity = JSON.stringify([request.fileName, ...request.options])
    const previous = this.#exchanges.get(key)
    if (previous?.request === identity && previous.transfer?.hasAnswer !== true) return undefined
    if (previous === undefined && !this.#hasRoomFor(peer.address)) {
      this.#count('tftp.busy')
      this.#refuse(peer, tftpErrorCode.notDefined, 'busy, try again')
      return undefined
    }
    previous?.transfer?.supersede()
    const exchange: Exchange = { clientAddress: peer.address, request: identity }
    this.#exchanges.set(key, exchange)
    return exchange
  }

  #hasRoomFor(clientAddress: string): boolean {
    if (this.#exchanges.size >= this.#limits.transfers) return false
    let mine = 0
    for (const exchange of this.#exchanges.values()) {
      if (exchange.clientAddress === clientAddress) mine++
    }
    return mine < this.#limits.transfersPerClient
  }

  async #answer(exchange: Exchange, request: TftpRequest, peer: RemoteInfo): Promise<void> {
    const path = normaliseBootPath(request.fileName)
    const file = path === undefined ? undefined : await this.#resolve(path, peer)
    if (path === undefined || file === undefined) return this.#reportMiss(request, peer)
    const negotiation = negotiateTftpOptions(request.options, {
      fileBytes: file.sizeBytes,
      mtuBytes: this.#options.mtuBytes,
    })
    const socket = await this.#openTransferSocket(file)
    const transfer = new TftpTransfer({
      socket,
      peer,
      file,
      negotiation,
      onStranger: (packet, stranger) => this.#answerStranger(packet, stranger, socket),
    })
    exchange.transfer = transfer
    const startedMs = this.#options.clock.monotonicMs()
    const report = await transfer.run()
    this.#record(report, {
      path,
      clientAddress: peer.address,
      sizeBytes: file.sizeBytes,
      blockBytes: negotiation.settings.blockBytes,
      windowBlocks: negotiation.settings.windowBlocks,
      durationMs: Math.round(this.#options.clock.monotonicMs() - startedMs),
    })
  }

  #resolve(path: string, peer: RemoteInfo): Promise<BootFile | undefined> {
    return resolveFromChain(this.#options.routes, {
      path,
      query: new Map(),
      clientAddress: parseIpv4Address(peer.address),
      transport: 'tftp',
      probe: false,
    })
  }

  async #openTransferSocket(file: BootFile): Promise<Socket> {
    const socket = createSocket('udp4')
    try {
      socket.bind({ address: this.#options.address, port: 0 })
      await once(socket, 'listening')
      return socket
    } catch (error) {
      socket.close()
      await file.close()
      throw error
    }
  }

  /** PXELINUX and GRUB ask for a dozen files that do not exist: cheap, and one line in ten seconds. */
  #reportMiss(request: TftpRequest, peer: RemoteInfo): void {
    this.#count('tftp.not-found')
    if (this.#misses.admit(peer.address) !== undefined) {
      this.#sendError(peer, tftpErrorCode.fileNotFound, 'file not found')
    }
    const heldBack = this.#missLines.admit(peer.address)
    if (heldBack === undefined) return
    const facts = { clientAddress: peer.address, path: inertText(request.fileName, 120), heldBack }
    this.#options.logger.info(facts, 'a TFTP client asked for a file that does not exist')
  }

  #record(report: TransferReport, facts: Record<string, string | number>): void {
    const { outcome, retransmissions } = report
    this.#count(`tftp.${outcome.kind}`)
    this.#count('tftp.retransmissions', retransmissions)
    if (outcome.kind === 'probed') return
    this.#options.events.record({
      timeMs: this.#options.clock.nowMs(),
      type: 'tftp',
      action: outcome.kind,
      key: String(facts['clientAddress']),
      principal: 'daemon',
      body: {
        ...facts,
        retransmissions,
        ...(outcome.kind === 'failed' ? { reason: outcome.reason } : {}),
      },
    })
  }

  #answerStranger(packet: TftpPacket, stranger: TftpPeer, socket: Socket): void {
    this.#count('tftp.strangers')
    if (packet.kind === 'error') return
    this.#refuse(stranger, tftpErrorCode.unknownTransferId, 'not your transfer', socket)
  }

  /** At most one a second for each address: a forged sender must not make us flood somebody. */
  #refuse(peer: TftpPeer, errorCode: number, message: string, socket = this.#socket): void {
    this.#count('tftp.refused')
    if (this.#refusals.admit(peer.address) === undefined) return
    this.#sendError(peer, errorCode, message, socket)
  }

  #sendError(peer: TftpPeer, errorCode: number, message: string, socket = this.#socket): void {
    const packet = encodeTftpPacket({ kind: 'error', errorCode, message })
    socket.send(packet, peer.port, peer.address, () => {})
  }

  #count(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by)
  }
}
