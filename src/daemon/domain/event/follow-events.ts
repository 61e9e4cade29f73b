import { CodedError } from '../../../base/coded-error.ts'
import type { RepaveEvent } from '../../../contract/event.ts'
import type { EventLog } from './event-log.ts'

export interface FollowOptions {
  /** The last event already seen; 0 for all of them. */
  readonly since: number
  readonly matches: (event: RepaveEvent) => boolean
  /** Live events that may wait for a slow reader before it is sent away. */
  readonly bufferLimit: number
  readonly signal: AbortSignal
}

/** The reader took live events too slowly; it resumes from the last one that it got. */
export class SubscriberLaggingError extends CodedError {
  readonly code = 'ERR_SUBSCRIBER_LAGGING'

  constructor(bufferLimit: number) {
    super(`more than ${bufferLimit} events waited for this subscriber`, {
      remedy: 'subscribe again with since set to the last seq seen',
    })
  }

  override shouldRetry(): boolean {
    return true
  }
}

/** Events read from the log at a time while a reader catches up. */
const backfillBatch = 256

/**
 * Every matching event after `since`, in order, without gap or repeat: first from the log, then as it
 * is committed. Ends when `signal` aborts.
 *
 * @throws {SubscriberLaggingError} when the reader has caught up once and then falls too far behind
 */
export async function* followEvents(
  log: EventLog,
  options: FollowOptions,
): AsyncGenerator<RepaveEvent> {
  const live = new LiveBuffer(options.bufferLimit)
  const stopListening = log.onCommitted((event) => live.push(event, options.matches(event)))
  const wake = () => live.wake()
  options.signal.addEventListener('abort', wake)
  try {
    const cursor = yield* backfill(log, live, options)
    yield* follow(live, cursor, options)
  } finally {
    stopListening()
    options.signal.removeEventListener('abort', wake)
  }
}

/**
 * Reads the log until it has nothing newer. The live buffer fills meanwhile; where it overflows it is
 * emptied and the log is read further, so a long backfill never counts as lagging.
 */
async function* backfill(
  log: EventLog,
  live: LiveBuffer,
  { since, matches, signal }: FollowOptions,
): AsyncGenerator<RepaveEvent, number> {
  let cursor = since
  while (!signal.aborted) {
    live.restart()
    const batch = await log.readSince(cursor, backfillBatch)
    for (const event of batch) {
      if (signal.aborted) return cursor
      if (matches(event)) yield event
      cursor = event.seq
    }
    if (batch.length === 0 && !live.overflowed) return cursor
  }
  return cursor
}

async function* follow(
  live: LiveBuffer,
  after: number,
  { bufferLimit, signal }: FollowOptions,
): AsyncGenerator<RepaveEvent> {
  while (!signal.aborted) {
    if (live.overflowed) throw new SubscriberLaggingError(bufferLimit)
    const event = live.shift()
    if (event === undefined) await live.filled()
    else if (event.seq > after) yield event
  }
}

/** Events that were committed and not yet read. */
class LiveBuffer {
  readonly #limit: number
  #events: RepaveEvent[] = []
  #wake: () => void = () => undefined
  overflowed = false

  constructor(limit: number) {
    this.#limit = limit
  }

  push(event: RepaveEvent, wanted: boolean): void {
    if (!wanted || this.overflowed) return
    if (this.#events.length >= this.#limit) {
      this.overflowed = true
      this.#events = []
    } else {
      this.#events.push(event)
    }
    this.wake()
  }

  shift(): RepaveEvent | undefined {
    return this.#events.shift()
  }

  restart(): void {
    this.#events = []
    this.overflowed = false
  }

  wake(): void {
    this.#wake()
  }

  /** Resolves at the next push or wake. */
  filled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
