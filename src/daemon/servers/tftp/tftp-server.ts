import type { RemoteInfo, Socket } from 'node:dgram'
import { once } from 'node:events'

import { parseIpv4Address, type Ipv4Address } from '../../../base/ipv4-address.ts'
import { decodeTftpPacket } from '../../../protocol/tftp/decode-tftp-packet.ts'
import { encodeTftpPacket } from '../../../protocol/tftp/encode-tftp-packet.ts'
import { negotiateTftpOptions } from '../../../protocol/tftp/negotiate-tftp-options.ts'
import {
  type TftpPacket,
  type TftpRequest,
  tftpErrorCode,
} from '../../../protocol/tftp/tftp-packet.ts'
import type { BootFile, BootFileRoute } from '../boot-files/boot-file.ts'
import { normaliseBootPath } from '../boot-files/normalise-boot-path.ts'
import { progressNews } from '../boot-files/progress-news.ts'
import { createRateGate, type RateGate } from '../boot-files/rate-gate.ts'
import { resolveFromChain } from '../boot-files/resolve-from-chain.ts'
import { loadSocketCalls } from '../dhcp/socket-calls.ts'
import type { RunningServer } from '../running-server.ts'
import { Attention } from './attention.ts'
import { type Exchange, Exchanges, type TftpLimits } from './exchanges.ts'
import { heldBackPort } from './held-back-port.ts'
import { type FastSockets, PortOpener, type PortRange } from './port-opener.ts'
import { SharedPieces } from './shared-pieces.ts'
import { TftpReport, type TftpReportOptions } from './tftp-report.ts'
import { TftpTransfer } from './tftp-transfer.ts'
import {
  bindTo,
  createTftpSocket,
  nodePort,
  sendTo,
  type TftpPeer,
  type TransferPort,
} from './transfer-port.ts'
import { UnprovenBudget } from './unproven-budget.ts'

export interface TftpServerOptions extends TftpReportOptions {
  readonly address: Ipv4Address
  /** @default 69 */
  readonly port?: number
  /**
   * Where transfers leave from: a port of the system's choice each, one of a range each, or the
   * server's own for all, which a firewall is easily told of.
   *
   * @default 'any'
   */
  readonly transferPorts?: PortRange | 'any' | 'single'
  readonly routes: readonly BootFileRoute[]
  /** Of the interface that machines are reached by; blocks are cut so that none is fragmented. */
  readonly mtuBytes: number
  readonly limits?: Partial<TftpLimits>
}

/** How long transfers under way may still take when the server is disposed. */
const graceMs = 2000

/**
 * Serves boot files to firmware: read requests only, and nothing but what the routes name. Packets
 * that are no TFTP and ERROR packets are never answered.
 *
 * @throws {ListenError} when the address or the port cannot be had
 */
export async function startTftpServer(options: TftpServerOptions): Promise<RunningServer> {
  const socket = createTftpSocket({ recvBufferSize: 1024 * 1024 })
  await bindTo(socket, options.address, options.port ?? 69)
  const { transferPorts = 'any' } = options
  if (transferPorts === 'single') return new TftpServer(socket, options)
  const fast = await fastSockets(options)
  const ports = new PortOpener(options.address, transferPorts, fast)
  return new TftpServer(socket, options, { ports, fast })
}

/** Undefined where the system's own calls cannot be had: everything works without them. */
async function fastSockets({ clock }: TftpServerOptions): Promise<FastSockets | undefined> {
  const calls = await loadSocketCalls().catch(() => undefined)
  return calls && { calls, attention: new Attention(calls, clock) }
}

interface OwnPorts {
  readonly ports: PortOpener
  readonly fast: FastSockets | undefined
}

class TftpServer implements RunningServer {
  readonly name = 'tftp'
  readonly endpoint: string
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #options: TftpServerOptions
  readonly #exchanges: Exchanges
  readonly #underWay = new Set<Promise<void>>()
  readonly #ports: PortOpener | undefined
  readonly #attention: Attention | undefined
  readonly #budget: UnprovenBudget
  readonly #pieces = new SharedPieces()
  readonly #report: TftpReport
  readonly #refusals: RateGate
  readonly #misses: RateGate
  #stopped: Promise<void> | undefined

  /** Without `own` all transfers leave from the server's port. */
  constructor(socket: Socket, options: TftpServerOptions, own?: OwnPorts) {
    const { address, port } = socket.address()
    const { clock } = options
    this.endpoint = `${address}:${port}/udp`
    this.#socket = socket
    this.#options = options
    this.#exchanges = new Exchanges(options.limits)
    this.#ports = own?.ports
    this.#attention = own?.fast?.attention
    this.#budget = new UnprovenBudget(clock)
    this.#report = new TftpReport(options)
    this.#refusals = createRateGate(clock, { burst: 1, perSecond: 1 })
    this.#misses = createRateGate(clock, { burst: 100, perSecond: 50 })
    this.closed = new Promise((resolve, reject) => {
      socket.once('close', resolve)
      socket.on('error', reject)
    })
    this.closed.catch(() => this.#report.count('tftp.socket-errors'))
    socket.on('message', (bytes, peer) => this.#receive(bytes, peer))
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#report.counters(), 'tftp.active': this.#exchanges.size }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const grace = new AbortController()
    const timer = setTimeout(() => grace.abort(), graceMs)
    const outOfPatience = once(grace.signal, 'abort')
    await Promise.race([Promise.all(this.#underWay), outOfPatience])
    clearTimeout(timer)
    this.#exchanges.abortAll('the server stops')
    await Promise.all(this.#underWay)
    this.#attention?.[Symbol.dispose]()
    this.#socket.close()
    await this.closed
  }

  #receive(bytes: Uint8Array, peer: RemoteInfo): void {
    const decoding = decodeTftpPacket(bytes)
    if (!decoding.ok) {
      this.#report.count('tftp.malformed')
    } else if (decoding.packet.kind === 'read-request') {
      if (this.#stopped !== undefined) return
      this.#budget.add(peer.address, bytes.length)
      const work = this.#serve(decoding.packet, peer).finally(() => this.#underWay.delete(work))
      this.#underWay.add(work)
    } else if (decoding.packet.kind === 'write-request') {
      this.#refuse(peer, tftpErrorCode.accessViolation, 'nothing can be written here')
    } else {
      this.#hearOnOwnPort(decoding.packet, peer)
    }
  }

  /** With one port for all, the answers to transfers arrive here too. */
  #hearOnOwnPort(packet: TftpPacket, peer: RemoteInfo): void {
    const exchange = this.#ports === undefined ? this.#exchanges.get(keyOf(peer)) : undefined
    if (exchange === undefined) this.#report.count('tftp.unexpected')
    else this.#hear(packet, exchange)
  }

  /** Never rejects: whatever goes wrong is this client's trouble alone. */
  async #serve(request: TftpRequest, peer: RemoteInfo): Promise<void> {
    this.#report.count('tftp.requests')
    if (request.mode !== 'octet') {
      return this.#refuse(peer, tftpErrorCode.illegalOperation, 'only mode octet is served')
    }
    const identity = JSON.stringify([request.fileName, ...request.options])
    const exchange = this.#exchanges.begin(keyOf(peer), peer.address, identity)
    if (exchange === 'repeated') return
    if (exchange === 'full') {
      this.#report.count('tftp.busy')
      return this.#refuse(peer, tftpErrorCode.notDefined, 'busy, try again')
    }
    try {
      await this.#answer(exchange, request, peer)
    } catch (error) {
      this.#report.broken(peer.address, request.fileName, error)
      this.#sendError(peer, tftpErrorCode.notDefined, 'the server cannot read this file')
    } finally {
      this.#exchanges.end(keyOf(peer), exchange)
    }
  }

  async #answer(exchange: Exchange, request: TftpRequest, peer: RemoteInfo): Promise<void> {
    const path = normaliseBootPath(request.fileName)
    const file = path === undefined ? undefined : await this.#resolve(path, peer)
    if (path === undefined || file === undefined) {
      this.#report.miss(peer.address, request.fileName)
      if (this.#misses.admit(peer.address) === undefined) return
      return this.#sendError(peer, tftpErrorCode.fileNotFound, 'file not found')
    }
    const negotiation = negotiateTftpOptions(request.options, {
      fileBytes: file.sizeBytes,
      mtuBytes: this.#options.mtuBytes,
    })
    const port = await this.#openPort(exchange, file, peer)
    const { clock } = this.#options
    const onProgress = progressNews(clock, file.sizeBytes, (news) => {
      this.#report.progress({ path, clientAddress: peer.address, ...news })
    })
    const shared = this.#pieces
    exchange.transfer = new TftpTransfer({ port, file, negotiation, path, shared, onProgress })
    const startedMs = clock.monotonicMs()
    const report = await exchange.transfer.run()
    if (exchange.isDisplaced) return this.#report.count('tftp.displaced')
    this.#report.transfer(report, {
      path,
      clientAddress: peer.address,
      sizeBytes: file.sizeBytes,
      blockBytes: negotiation.settings.blockBytes,
      windowBlocks: negotiation.settings.windowBlocks,
      durationMs: Math.round(clock.monotonicMs() - startedMs),
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

  /** The port that a transfer is sent from; to a client that has not answered, as much as it is worth. */
  async #openPort(exchange: Exchange, file: BootFile, peer: TftpPeer): Promise<TransferPort> {
    const port = await this.#bindPort(exchange, peer).catch(async (error: unknown) => {
      await file.close()
      throw error
    })
    const onHeldBack = () => this.#report.count('tftp.held-back')
    return heldBackPort(port, { exchange, budget: this.#budget, onHeldBack })
  }

  async #bindPort(exchange: Exchange, peer: TftpPeer): Promise<TransferPort> {
    if (this.#ports === undefined) return nodePort(this.#socket, peer, false)
    const { port, socket } = await this.#ports.open(peer, (bytes, sender, own) => {
      this.#hearOnPort(bytes, sender, { exchange, peer, own })
    })
    socket.on('error', (error) => exchange.transfer?.fail(error.message))
    return port
  }

  #hearOnPort(
    bytes: Uint8Array,
    sender: TftpPeer,
    { exchange, peer, own }: { exchange: Exchange; peer: TftpPeer; own: Socket },
  ): void {
    const decoding = decodeTftpPacket(bytes)
    if (!decoding.ok) return this.#report.count('tftp.malformed')
    if (sender.address === peer.address && sender.port === peer.port) {
      return this.#hear(decoding.packet, exchange)
    }
    this.#report.count('tftp.strangers')
    if (decoding.packet.kind === 'error') return
    this.#refuse(sender, tftpErrorCode.unknownTransferId, 'not your transfer', own)
  }

  #hear(packet: TftpPacket, exchange: Exchange): void {
    if (!exchange.isProven) {
      exchange.isProven = true
      this.#budget.add(exchange.clientAddress, exchange.unprovenBytes)
    }
    exchange.transfer?.receive(packet)
  }

  /** At most one a second for each address: a forged sender must not make us flood somebody. */
  #refuse(peer: TftpPeer, errorCode: number, message: string, socket = this.#socket): void {
    this.#report.count('tftp.refused')
    if (this.#refusals.admit(peer.address) === undefined) return
    this.#sendError(peer, errorCode, message, socket)
  }

  #sendError(peer: TftpPeer, errorCode: number, message: string, socket = this.#socket): void {
    sendTo(socket, encodeTftpPacket({ kind: 'error', errorCode, message }), peer)
  }
}

const keyOf = (peer: TftpPeer): string => `${peer.address}:${peer.port}`
