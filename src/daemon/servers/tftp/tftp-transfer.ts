import { messageOf } from '../../../base/coded-error.ts'
import { encodeTftpPacket, writeTftpDataHeader } from '../../../protocol/tftp/encode-tftp-packet.ts'
import type { TftpNegotiation } from '../../../protocol/tftp/negotiate-tftp-options.ts'
import {
  type TftpPacket,
  tftpDataHeaderBytes,
  tftpErrorCode,
} from '../../../protocol/tftp/tftp-packet.ts'
import type { BootFile } from '../boot-files/boot-file.ts'
import { ReadAhead } from './read-ahead.ts'
import type { SharedPieces } from './shared-pieces.ts'
import type { TransferPort } from './transfer-port.ts'
import {
  beginTransfer,
  stepTransfer,
  type TransferEvent,
  type TransferOutcome,
  type TransferState,
  type TransferStep,
} from './transfer-state.ts'

export interface TftpTransferSetup {
  /** Closed when the transfer ends. */
  readonly port: TransferPort
  /** Closed when the transfer ends. */
  readonly file: BootFile
  readonly negotiation: TftpNegotiation
  /** Told how much the client has acknowledged, at each window. */
  readonly onProgress?: (acknowledgedBytes: number) => void
  /** Where the file's pieces are shared with other transfers. */
  readonly shared?: SharedPieces
  /** The file's name there. */
  readonly path?: string
}

export interface TransferReport {
  readonly outcome: TransferOutcome
  readonly retransmissions: number
  /** Of the file, as far as the client has acknowledged it. */
  readonly acknowledgedBytes: number
}

/** Events that wait while blocks are read; more are dropped, as a full socket buffer would. */
const mostWaitingEvents = 16

/** One window of any transfer: the largest block, or 48 KiB in flight with the headers of 32 blocks. */
const row = new Uint8Array(80 * 1024)

/** Joins one {@link TransferState} with its port, its timer and its file. */
export class TftpTransfer {
  readonly #setup: TftpTransferSetup
  readonly #content: ReadAhead
  readonly #waiting: TransferEvent[] = []
  readonly #ended = Promise.withResolvers<TransferReport>()
  #state: TransferState | undefined
  #timer: NodeJS.Timeout | undefined
  #timerMs = 0
  #retransmissions = 0
  #isReading = false
  #hasEnded = false

  constructor(setup: TftpTransferSetup) {
    this.#setup = setup
    this.#content = new ReadAhead(setup.file, setup)
  }

  /** Whether the client has taken a block yet; before that, a repeated request is a retransmission. */
  get hasProgress(): boolean {
    return this.#state !== undefined && this.#state.acknowledgedBlock > 0
  }

  /** Sends the file and settles when the transfer has ended, whichever way. Never rejects. */
  async run(): Promise<TransferReport> {
    const { port, file, negotiation } = this.#setup
    this.#perform(beginTransfer(negotiation, file.sizeBytes))
    const report = await this.#ended.promise
    port.close()
    await file.close().catch(() => {})
    return report
  }

  /** What the client sent to the transfer's port. */
  receive(packet: TftpPacket): void {
    if (packet.kind === 'acknowledgement') {
      this.#accept({ kind: 'acknowledged', block: packet.block })
    } else if (packet.kind === 'error') {
      this.#accept({ kind: 'refused', errorCode: packet.errorCode, message: packet.message })
    }
  }

  /** The same peer asked anew: what it has stopped listening to ends without a word. */
  supersede(): void {
    this.#accept({ kind: 'refused', errorCode: 0, message: 'the client asked anew' })
  }

  /** Ends the transfer with an ERROR to the client. */
  abort(reason: string): void {
    this.#refuse(reason)
    this.fail(reason)
  }

  /** Ends the transfer without a word. */
  fail(reason: string): void {
    this.#end({ kind: 'failed', reason })
  }

  #accept(event: TransferEvent): void {
    if (!this.#isReading) this.#step(event)
    else if (this.#waiting.length < mostWaitingEvents) this.#waiting.push(event)
  }

  #step(event: TransferEvent): void {
    if (this.#state === undefined || this.#hasEnded) return
    if (event.kind === 'timed-out') this.#retransmissions++
    this.#perform(stepTransfer(this.#state, event))
  }

  #perform({ state, action }: TransferStep): void {
    this.#state = state
    switch (action.kind) {
      case 'send-option-acknowledgement':
        this.#send({ kind: 'option-acknowledgement', options: this.#setup.negotiation.accepted })
        return this.#arm(action.waitMs)
      case 'send-blocks':
        return this.#sendWhenRead(action.firstBlock, action.lastBlock, action.waitMs)
      case 'wait':
        return
      case 'finish':
        this.#end(action.outcome)
    }
  }

  #sendWhenRead(firstBlock: number, lastBlock: number, waitMs: number): void {
    const { blockBytes } = this.#setup.negotiation.settings
    const offset = (firstBlock - 1) * blockBytes
    const length = (lastBlock - firstBlock + 1) * blockBytes
    const reading = this.#content.prepare(
      offset,
      Math.min(length, this.#setup.file.sizeBytes - offset),
    )
    if (reading === undefined) this.#sendBlocks(firstBlock, lastBlock, waitMs)
    else void this.#afterReading(reading, () => this.#sendBlocks(firstBlock, lastBlock, waitMs))
  }

  /** Nothing is repeated on account of time while the disk is what we wait for. */
  async #afterReading(reading: Promise<unknown>, send: () => void): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isReading = true
    try {
      await reading
    } catch (error) {
      this.#refuse('the file cannot be read')
      return this.fail(messageOf(error))
    }
    this.#isReading = false
    if (!this.#hasEnded) send()
    for (const event of this.#waiting.splice(0)) this.#accept(event)
  }

  #sendBlocks(firstBlock: number, lastBlock: number, waitMs: number): void {
    const { blockBytes } = this.#setup.negotiation.settings
    const { sizeBytes } = this.#setup.file
    let at = 0
    for (let block = firstBlock; block <= lastBlock; block++) {
      const offset = (block - 1) * blockBytes
      const length = Math.min(blockBytes, sizeBytes - offset)
      writeTftpDataHeader(row, at, block)
      this.#content.copy(offset, length, row, at + tftpDataHeaderBytes)
      at += tftpDataHeaderBytes + length
    }
    this.#setup.onProgress?.((firstBlock - 1) * blockBytes)
    this.#setup.port.sendRow(row.subarray(0, at), tftpDataHeaderBytes + blockBytes)
    this.#arm(waitMs)
  }

  #refuse(message: string): void {
    if (this.#hasEnded) return
    this.#send({ kind: 'error', errorCode: tftpErrorCode.notDefined, message })
  }

  #send(packet: TftpPacket): void {
    this.#setup.port.send(encodeTftpPacket(packet))
  }

  #arm(waitMs: number): void {
    if (this.#timer !== undefined && waitMs === this.#timerMs) {
      this.#timer.refresh()
      return
    }
    clearTimeout(this.#timer)
    this.#timerMs = waitMs
    this.#timer = setTimeout(() => this.#accept({ kind: 'timed-out' }), waitMs)
  }

  #end(outcome: TransferOutcome): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearTimeout(this.#timer)
    const { acknowledgedBlock = 0 } = this.#state ?? {}
    const { blockBytes } = this.#setup.negotiation.settings
    this.#ended.resolve({
      outcome,
      retransmissions: this.#retransmissions,
      acknowledgedBytes: Math.min(acknowledgedBlock * blockBytes, this.#setup.file.sizeBytes),
    })
  }
}
