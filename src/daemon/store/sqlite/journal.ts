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

/**
 * The one writer. All work of one turn of the event loop shares one transaction and one fsync (group
 * commit); a piece of work that fails is undone alone. Events get their numbers here, and listeners
 * hear them after the commit, in order, before the work's promise resolves.
 */
export class Journal implements EventLog, EventSink {
  readonly #database: Database
  readonly #statements: Statements
  readonly #logger: Logger
  readonly #listeners = new Set<(batch: readonly RepaveEvent[]) => void>()
  #work: Work[] = []
  #queued: NewEvent[] = []
  #droppedEvents = 0
  #soon: NodeJS.Immediate | undefined
  #later: NodeJS.Timeout | undefined
  #lastSeq: number
  readonly #recent = new RecentBatches()
  readonly #bodyCharacters = new WeakMap<RepaveEvent, number>()
  #ended: StoreClosedError | undefined
  readonly #closed = Promise.withResolvers<void>()

  constructor(database: Database, statements: Statements, logger: Logger) {
    this.#database = database
    this.#statements = statements
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
    return seq >= this.#lastSeq ? [] : readEventsSince(this.#statements, seq, limit)
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

  close(): void {
    if (this.#ended !== undefined) return
    this.#flush()
    if (this.#ended !== undefined) return
    this.#ended = new StoreClosedError('it was closed')
    this.#closed.resolve()
  }

  #flush(): void {
    clearImmediate(this.#soon)
    clearTimeout(this.#later)
    this.#soon = undefined
    this.#later = undefined
    const work = this.#work.splice(0)
    const queued = this.#queued.splice(0)
    if (work.length + queued.length === 0) return
    try {
      const committed = this.#commit(work, queued)
      this.#announce(committed)
    } catch (error) {
      this.#undone(error, work, queued)
      return
    }
    for (const piece of work) {
      if (piece.failure === undefined) piece.resolve()
      else piece.reject(piece.failure)
    }
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

  /** A failed fsync is final; a full disk is not, and what only informs is kept for the next commit. */
  #undone(error: unknown, work: readonly Work[], queued: readonly NewEvent[]): void {
    const full = codeOf(error).startsWith('SQLITE_FULL')
    const failure = full
      ? new StoreFullError(error)
      : new StoreClosedError('a commit failed', error)
    this.#logger.error({ err: error, droppedEvents: this.#droppedEvents }, failure.message)
    if (failure instanceof StoreClosedError) {
      this.#ended = failure
      this.#closed.reject(failure)
    } else {
      this.#queued.unshift(...queued)
    }
    for (const piece of work) piece.reject(failure)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function isDiskFailure(error: unknown): boolean {
  return /^SQLITE_(?:FULL|IOERR|CORRUPT|READONLY|NOMEM)/.test(codeOf(error))
}
