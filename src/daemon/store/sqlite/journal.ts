import type { Database } from 'better-sqlite3'

import type { Logger } from '../../../base/logger.ts'
import type { NewEvent, RepaveEvent } from '../../../contract/event.ts'
import type { EventLog } from '../../domain/event/event-log.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import { StoreClosedError, StoreFullError } from './errors.ts'
import { insertEvent, readEventsSince, readLastSeq } from './event-table.ts'
import { RecentBatches } from './recent-batches.ts'
import type { Statements } from './statements.ts'

/** Adds an event to the transaction that a piece of work runs in. */
export type Append = (event: NewEvent) => void

interface Work {
  readonly apply: (append: Append) => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  failure?: unknown
}

/** How long an event that belongs to no state change may wait for company. */
const eventDelayMs = 20
const maximumQueuedEvents = 10_000
/** Events that listeners hear of at a time. */
const announcedTogether = 128

/** The file that commits are written to, to be put on disk without the event loop waiting for it. */
export interface CommitFile {
  /** Resolves when all that was written to it is on disk. */
  sync(): Promise<void>
}

/**
 * The one writer. SQLite writes a commit to its log and leaves it to us to have it put on disk, on another
 * thread; work that comes meanwhile shares the next transaction (group commit). A piece of work that
 * fails is undone alone. Events get their numbers here, and listeners hear them once they are on disk, in
 * order, before the work's promise resolves.
 */
export class Journal implements EventLog, EventSink {
  readonly #database: Database
  readonly #statements: Statements
  readonly #commits: CommitFile
  readonly #logger: Logger
  readonly #listeners = new Set<(batch: readonly RepaveEvent[]) => void>()
  #work: Work[] = []
  #queued: NewEvent[] = []
  #droppedEvents = 0
  #soon: NodeJS.Immediate | undefined
  #later: NodeJS.Timeout | undefined
  /** Resolves when the commit under way is on disk and told of, or has failed. */
  #syncing: Promise<void> | undefined
  #lastSeq: number
  readonly #recent = new RecentBatches()
  readonly #bodyCharacters = new WeakMap<RepaveEvent, number>()
  #ended: StoreClosedError | undefined
  readonly #closed = Promise.withResolvers<void>()

  constructor(
    database: Database,
    {
      statements,
      commits,
      logger,
    }: { statements: Statements; commits: CommitFile; logger: Logger },
  ) {
    this.#database = database
    this.#statements = statements
    this.#commits = commits
    this.#logger = logger
    this.#lastSeq = readLastSeq(statements)
    this.#closed.promise.catch(() => undefined)
  }

  /** Resolves after `close`; rejects when the disk failed and nothing more can be stored. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  lastSeq(): number {
    return this.#lastSeq
  }

  async readSince(seq: number, limit: number): Promise<readonly RepaveEvent[]> {
    const until = this.#lastSeq
    return seq >= until ? [] : readEventsSince(this.#statements, { after: seq, until, limit })
  }

  async readNext(seq: number, limit: number): Promise<readonly RepaveEvent[]> {
    const recent = this.#recent.batchAfter(seq)
    if (recent === undefined) return this.readSince(seq, limit)
    return recent.length > limit ? recent.slice(0, limit) : recent
  }

  onCommitted(listener: (event: RepaveEvent) => void): () => void {
    return this.onCommittedBatch((batch) => {
      for (const event of batch) this.#heard(listener, event, event.seq)
    })
  }

  onCommittedBatch(listener: (batch: readonly RepaveEvent[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  record(event: NewEvent): void {
    if (this.#ended !== undefined || this.#queued.length >= maximumQueuedEvents) {
      this.#droppedEvents++
      return
    }
    this.#queued.push(event)
    this.#later ??= setTimeout(() => this.#flush(), eventDelayMs).unref()
  }

  /** Runs `apply` in the next transaction; resolves when it is on disk. */
  submit(apply: (append: Append) => void): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      this.#work.push({ apply, resolve, reject })
      this.#soon ??= setImmediate(() => this.#flush())
    })
  }

  /** What `query` reads, once all that it can have seen is on disk. */
  async read<Value>(query: () => Value): Promise<Value> {
    const value = query()
    await this.#syncing
    return value
  }

  /** Puts all that is waiting on disk; takes nothing more then. */
  async close(): Promise<void> {
    while (this.#ended === undefined && this.#isBusy) {
      this.#flush()
      await this.#syncing
    }
    if (this.#ended !== undefined) return
    this.#ended = new StoreClosedError('it was closed')
    this.#closed.resolve()
  }

  get #isBusy(): boolean {
    return this.#syncing !== undefined || this.#work.length + this.#queued.length > 0
  }

  #flush(): void {
    clearImmediate(this.#soon)
    clearTimeout(this.#later)
    this.#soon = undefined
    this.#later = undefined
    if (this.#syncing !== undefined || !this.#isBusy) return
    const work = this.#work.splice(0)
    const queued = this.#queued.splice(0)
    try {
      const committed = this.#commit(work, queued)
      this.#syncing = this.#settle(work, committed)
    } catch (error) {
      this.#undone(error, work, queued)
    }
  }

  async #settle(work: readonly Work[], committed: readonly RepaveEvent[]): Promise<void> {
    try {
      await this.#commits.sync()
    } catch (error) {
      this.#end(new StoreClosedError('a commit may not be on disk', error), work)
      return
    } finally {
      this.#syncing = undefined
    }
    this.#announce(committed)
    for (const piece of work) {
      if (piece.failure === undefined) piece.resolve()
      else piece.reject(piece.failure)
    }
    if (this.#isBusy) this.#soon ??= setImmediate(() => this.#flush())
  }

  #commit(work: readonly Work[], queued: readonly NewEvent[]): RepaveEvent[] {
    const committed: RepaveEvent[] = []
    const append = (event: NewEvent) => {
      const body = JSON.stringify(event.body)
      const stored = { ...event, seq: insertEvent(this.#statements, event, body) }
      this.#bodyCharacters.set(stored, body.length)
      committed.push(stored)
    }
    this.#database
      .transaction(() => {
        this.#appendQueued(queued, append, committed)
        for (const piece of work) {
          piece.failure = this.#attempt(() => piece.apply(append), committed)
        }
      })
      .immediate()
    return committed
  }

  /** All at once; where one of them cannot be stored, each by itself. */
  #appendQueued(queued: readonly NewEvent[], append: Append, committed: RepaveEvent[]): void {
    if (queued.length === 0) return
    const failure = this.#attempt(() => queued.forEach(append), committed)
    if (failure === undefined) return
    for (const event of queued) this.#attempt(() => append(event), committed)
  }

  /** Runs one step in a savepoint; returns what it threw, and forgets the events it had added. */
  #attempt(step: () => void, committed: RepaveEvent[]): unknown {
    const before = committed.length
    try {
      this.#database.transaction(step)()
      return undefined
    } catch (error) {
      if (!this.#database.inTransaction || isDiskFailure(error)) throw error
      committed.length = before
      this.#logger.warn({ err: error }, 'a change was not stored')
      return error
    }
  }

  #announce(committed: readonly RepaveEvent[]): void {
    this.#lastSeq = committed.at(-1)?.seq ?? this.#lastSeq
    for (let at = 0; at < committed.length; at += announcedTogether) {
      const batch = committed.slice(at, at + announcedTogether)
      const characters = batch.map((event) => this.#bodyCharacters.get(event) ?? 0)
      this.#recent.add(
        batch,
        characters.reduce((sum, count) => sum + count, 0),
      )
      for (const listener of this.#listeners) this.#heard(listener, batch, batch[0]?.seq ?? 0)
    }
  }

  #heard<Told>(listener: (told: Told) => void, told: Told, seq: number): void {
    try {
      listener(told)
    } catch (error) {
      this.#logger.error({ err: error, seq }, 'a listener of events failed')
    }
  }

  /** A failed write is final; a full disk is not, and what only informs is kept for the next commit. */
  #undone(error: unknown, work: readonly Work[], queued: readonly NewEvent[]): void {
    if (!codeOf(error).startsWith('SQLITE_FULL')) {
      this.#end(new StoreClosedError('a commit failed', error), work)
      return
    }
    const failure = new StoreFullError(error)
    this.#logger.error({ err: error, droppedEvents: this.#droppedEvents }, failure.message)
    this.#queued.unshift(...queued)
    for (const piece of work) piece.reject(failure)
  }

  #end(failure: StoreClosedError, work: readonly Work[]): void {
    const { cause } = failure
    this.#logger.error({ err: cause, droppedEvents: this.#droppedEvents }, failure.message)
    this.#ended = failure
    this.#closed.reject(failure)
    for (const piece of [...work, ...this.#work.splice(0)]) piece.reject(failure)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function isDiskFailure(error: unknown): boolean {
  return /^SQLITE_(?:FULL|IOERR|CORRUPT|READONLY|NOMEM)/.test(codeOf(error))
}
