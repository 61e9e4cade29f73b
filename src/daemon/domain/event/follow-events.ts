import { CodedError } from '../../../base/coded-error.ts'
import type { RepaveEvent } from '../../../contract/event.ts'
import type { EventLog } from './event-log.ts'

/** Events that were committed together, in order; the same list for everybody who hears of them. */
export type EventBatch = readonly RepaveEvent[]

export interface FollowOptions {
  /** The last event already seen; 0 for all of them. */
  readonly since: number
  /** Those that the reader wants, in order; the batch itself where it wants all. */
  readonly select: (batch: EventBatch) => EventBatch
  /** How many events the reader may fall behind once it has caught up, before it is sent away. */
  readonly maximumBehind: number
  readonly signal: AbortSignal
}

/** The reader took live events too slowly; it resumes from the last one that it got. */
export class SubscriberLaggingError extends CodedError {
  readonly code = 'ERR_SUBSCRIBER_LAGGING'

  constructor(behind: number) {
    super(`this subscriber is ${behind} events behind`, {
      remedy: 'subscribe again with since set to the last seq seen',
    })
  }

  override shouldRetry(): boolean {
    return true
  }
}

/** Events read from the log at a time. */
const readTogether = 256

/**
 * Every wanted event after `since`, in order, without gap or repeat: what is there, then what is
 * committed, until `signal` aborts. Nothing is kept for a reader but its place in the log, whose newest
 * events lie in memory for all of them.
 *
 * @throws {SubscriberLaggingError} when the reader has caught up once and then falls too far behind
 */
export async function* followEvents(
  log: EventLog,
  { since, select, maximumBehind, signal }: FollowOptions,
): AsyncGenerator<EventBatch> {
  const bell = new Bell()
  const ring = () => bell.ring()
  const stopListening = log.onCommittedBatch(ring)
  signal.addEventListener('abort', ring)
  let cursor = since
  let hasCaughtUp = false
  try {
    while (!signal.aborted) {
      // Before the log is read: a commit that comes meanwhile is not slept through.
      const rung = bell.next()
      const batch = await log.readNext(cursor, readTogether)
      if (signal.aborted) return
      const last = batch.at(-1)
      if (last === undefined) {
        hasCaughtUp = true
        await rung
        continue
      }
      cursor = last.seq
      const wanted = select(batch)
      if (wanted.length === 0) continue
      yield wanted
      // However long that took was up to the reader.
      const behind = log.lastSeq() - cursor
      if (hasCaughtUp && behind > maximumBehind) throw new SubscriberLaggingError(behind)
    }
  } finally {
    stopListening()
    signal.removeEventListener('abort', ring)
  }
}

/** Wakes whoever waits, each time it is rung. */
class Bell {
  #waiting = Promise.withResolvers<void>()

  /** Resolves when it is rung next. */
  next(): Promise<void> {
    return this.#waiting.promise
  }

  ring(): void {
    const { resolve } = this.#waiting
    this.#waiting = Promise.withResolvers<void>()
    resolve()
  }
}
