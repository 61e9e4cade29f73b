import type { RemoteInfo, Socket } from 'node:dgram'

import { messageOf } from '../../../base/coded-error.ts'
import { decodeTftpPacket } from '../../../protocol/tftp/decode-tftp-packet.ts'
import { encodeTftpPacket } from '../../../protocol/tftp/encode-tftp-packet.ts'
import type { TftpNegotiation } from '../../../protocol/tftp/negotiate-tftp-options.ts'
import { type TftpPacket, tftpErrorCode } from '../../../protocol/tftp/tftp-packet.ts'
import type { BootFile } from '../boot-files/boot-file.ts'
import {
  beginTransfer,
  stepTransfer,
  type TransferAction,
  type TransferEvent,
  type TransferOutcome,
  type TransferState,
  type TransferStep,
} from './transfer-state.ts'

export type TftpPeer = Pick<RemoteInfo, 'address' | 'port'>

export interface TftpTransferSetup {
  /** Bound to a port of its own: the server's transfer identifier. Closed when the transfer ends. */
  readonly socket: Socket
  readonly peer: TftpPeer
  /** Closed when the transfer ends. */
  readonly file: BootFile
  readonly negotiation: TftpNegotiation
  /** Somebody else wrote to this transfer's port; the transfer goes on. */
  readonly onStranger: (packet: TftpPacket, stranger: TftpPeer, socket: Socket) => void
}

export interface TransferReport {
  readonly outcome: TransferOutcome
  readonly retransmissions: number
}

/** Events that wait while blocks are read; more are dropped, as a full socket buffer would. */
const mostWaitingEvents = 16

/** Joins one {@link TransferState} with its socket, its timer and its file. */
export class TftpTransfer {
  readonly #setup: TftpTransferSetup
  readonly #buffer: Uint8Array
  readonly #waiting: TransferEvent[] = []
  readonly #ended = Promise.withResolvers<TransferReport>()
  #state: TransferState | undefined
  #timer: NodeJS.Timeout | undefined
  #retransmissions = 0
  #isWorking = false
  #hasEnded = false

  constructor(setup: TftpTransferSetup) {
    const { blockBytes, windowBlocks } = setup.negotiation.settings
    this.#setup = setup
    this.#buffer = new Uint8Array(Math.min(blockBytes * windowBlocks, setup.file.sizeBytes))
  }

  /** Whether the client has answered yet; before that, a repeated request is a retransmission. */
  get hasAnswer(): boolean {
    return this.#state?.phase === 'sending' && this.#state.acknowledgedBlock > 0
  }

  /** Sends the file and settles when the transfer has ended, whichever way. Never rejects. */
  async run(): Promise<TransferReport> {
    const { socket, file, negotiation } = this.#setup
    socket.on('message', (bytes, sender) => this.#receive(bytes, sender))
    socket.on('error', (error) => this.#end({ kind: 'failed', reason: error.message }))
    void this.#perform(beginTransfer(negotiation, file.sizeBytes))
    const report = await this.#ended.promise
    await endOfTurn()
    socket.close()
    await file.close().catch(() => {})
    return report
  }

  /** The same peer asked anew: what it has stopped listening to ends without a word. */
  supersede(): void {
    this.#accept({ kind: 'refused', errorCode: 0, message: 'the client asked anew' })
  }

  /** Ends the transfer with an ERROR to the client. */
  abort(reason: string): void {
    this.#refuse(reason)
    this.#end({ kind: 'failed', reason })
  }

  #receive(bytes: Uint8Array, sender: RemoteInfo): void {
    const decoding = decodeTftpPacket(bytes)
    if (!decoding.ok) return
    const { packet } = decoding
    const { peer, onStranger, socket } = this.#setup
    if (sender.address !== peer.address || sender.port !== peer.port) {
      onStranger(packet, sender, socket)
    } else if (packet.kind === 'acknowledgement') {
      this.#accept({ kind: 'acknowledged', block: packet.block })
    } else if (packet.kind === 'error') {
      this.#accept({ kind: 'refused', errorCode: packet.errorCode, message: packet.message })
    }
  }

  #accept(event: TransferEvent): void {
    if (this.#waiting.length < mostWaitingEvents) this.#waiting.push(event)
    if (!this.#isWorking) this.#work()
  }

  #work(): void {
    const event = this.#waiting.shift()
    if (event === undefined || this.#state === undefined || this.#hasEnded) return
    if (event.kind === 'timed-out') this.#retransmissions++
    void this.#perform(stepTransfer(this.#state, event))
  }

  async #perform({ state, action }: TransferStep): Promise<void> {
    this.#state = state
    this.#isWorking = true
    try {
      await this.#act(action)
    } catch (error) {
      this.#refuse('the file cannot be read')
      this.#end({ kind: 'failed', reason: messageOf(error) })
    }
    this.#isWorking = false
    this.#work()
  }

  async #act(action: TransferAction): Promise<void> {
    switch (action.kind) {
      case 'send-option-acknowledgement':
        this.#send({
          kind: 'option-acknowledgement',
          options: this.#setup.negotiation.accepted,
        })
        return this.#arm(action.waitMs)
      case 'send-blocks':
        clearTimeout(this.#timer)
        await this.#sendBlocks(action.firstBlock, action.lastBlock)
        return this.#arm(action.waitMs)
      case 'wait':
        return
      case 'finish':
        this.#end(action.outcome)
    }
  }

  async #sendBlocks(firstBlock: number, lastBlock: number): Promise<void> {
    const { file, negotiation } = this.#setup
    const { blockBytes } = negotiation.settings
    const offset = (firstBlock - 1) * blockBytes
    const length = Math.min((lastBlock - firstBlock + 1) * blockBytes, file.sizeBytes - offset)
    const window = await file.read(offset, length, this.#buffer)
    if (this.#hasEnded) return
    for (let block = firstBlock; block <= lastBlock; block++) {
      const start = (block - firstBlock) * blockBytes
      const bytes = window.subarray(start, start + blockBytes)
      this.#send({ kind: 'data', block: block & 0xffff, bytes })
    }
  }

  #refuse(message: string): void {
    if (this.#hasEnded) return
    this.#send({ kind: 'error', errorCode: tftpErrorCode.notDefined, message })
  }

  /** A datagram that cannot be sent is a lost one: the timer repeats it. */
  #send(packet: TftpPacket): void {
    const { socket, peer } = this.#setup
    socket.send(encodeTftpPacket(packet), peer.port, peer.address, () => {})
  }

  #arm(waitMs: number): void {
    clearTimeout(this.#timer)
    if (this.#hasEnded) return
    this.#timer = setTimeout(() => this.#accept({ kind: 'timed-out' }), waitMs)
  }

  #end(outcome: TransferOutcome): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearTimeout(this.#timer)
    this.#ended.resolve({ outcome, retransmissions: this.#retransmissions })
  }
}

/** A datagram handed to a socket in this turn of the event loop leaves before the next one. */
const endOfTurn = () => new Promise((resolve) => setImmediate(resolve))
