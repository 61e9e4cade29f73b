import { inertText } from '../../../base/ascii.ts'
import type { Clock } from '../../../base/clock.ts'
import { messageOf } from '../../../base/coded-error.ts'
import type { Logger } from '../../../base/logger.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import type { Progress } from '../boot-files/progress-news.ts'
import { createRateGate, type RateGate } from '../boot-files/rate-gate.ts'
import type { TransferReport } from './tftp-transfer.ts'

export interface TftpReportOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventSink
}

/** What one transfer was, for people. */
export interface TransferFacts {
  readonly path: string
  readonly clientAddress: string
  readonly sizeBytes: number
  readonly blockBytes: number
  readonly windowBlocks: number
  readonly durationMs: number
}

/** Counts everything, tells operators of transfers, and logs what somebody should look into. */
export class TftpReport {
  readonly #options: TftpReportOptions
  readonly #counters = new Map<string, number>()
  readonly #missLines: RateGate
  readonly #failures: RateGate

  constructor(options: TftpReportOptions) {
    this.#options = options
    this.#missLines = createRateGate(options.clock, { burst: 1, perSecond: 0.1 })
    this.#failures = createRateGate(options.clock, { burst: 10, perSecond: 0.2 })
  }

  counters(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counters)
  }

  count(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by)
  }

  /** A look at the size is no event; failures are told of at the pace that one client may have. */
  transfer(
    { outcome, retransmissions, acknowledgedBytes }: TransferReport,
    facts: TransferFacts,
  ): void {
    this.count(`tftp.${outcome.kind}`)
    this.count('tftp.retransmissions', retransmissions)
    this.count('tftp.bytes', acknowledgedBytes)
    if (outcome.kind === 'probed') return
    const { clientAddress } = facts
    const failure = outcome.kind === 'failed' ? { reason: outcome.reason, acknowledgedBytes } : {}
    if (outcome.kind === 'failed' && this.#failures.admit(clientAddress) === undefined) return
    this.#options.events.record({
      timeMs: this.#options.clock.nowMs(),
      type: 'tftp',
      action: outcome.kind,
      key: clientAddress,
      principal: 'daemon',
      body: { ...facts, retransmissions, ...failure },
    })
  }

  /** Of a transfer that takes long. */
  progress(facts: Progress & Pick<TransferFacts, 'path' | 'clientAddress'>): void {
    this.#options.events.record({
      timeMs: this.#options.clock.nowMs(),
      type: 'tftp',
      action: 'progress',
      key: facts.clientAddress,
      principal: 'daemon',
      body: { ...facts },
    })
  }

  /** PXELINUX and GRUB ask for a dozen files that do not exist: one line in ten seconds. */
  miss(clientAddress: string, fileName: string): void {
    this.count('tftp.not-found')
    const heldBack = this.#missLines.admit(clientAddress)
    if (heldBack === undefined) return
    const facts = { clientAddress, path: inertText(fileName, 120), heldBack }
    this.#options.logger.info(facts, 'a TFTP client asked for a file that does not exist')
  }

  broken(clientAddress: string, fileName: string, error: unknown): void {
    this.count('tftp.failed')
    const facts = { clientAddress, path: inertText(fileName, 120), error: messageOf(error) }
    this.#options.logger.error(facts, 'a boot file failed')
  }
}
