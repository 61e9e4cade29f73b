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
  /** Bytes that the events take in the reader's buffer. */
  readonly sizeOf: (batch: EventBatch) => number
  /** Bytes of live events that may wait for a slow reader before it is sent away. */
  readonly bufferBytes: number
  readonly signal: AbortSignal
}

/** The reader took live events too slowly; it resumes from the last one that it got. */
export class SubscriberLaggingError extends CodedError {
  readonly code = 'ERR_SUBSCRIBER_LAGGING'

  constructor(bufferBytes: number) {
    super(`more than ${bufferBytes} bytes of events waited for this subscriber`, {
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
 * Every wanted event after `since`, in order, without gap or repeat: first from the log, then as it
 * is committed. Ends when `signal` aborts.
 *
 * @throws {SubscriberLaggingError} when the reader has caught up once and then falls too far behind
 */
export async function* followEvents(
  log: EventLog,
  options: FollowOptions,
): AsyncGenerator<EventBatch> {
  const live = new LiveBuffer(options)
  const stopListening = log.onCommittedBatch((batch) => live.push(batch))
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
  { since, select, signal }: FollowOptions,
): AsyncGenerator<EventBatch, number> {
  let cursor = since
  while (!signal.aborted) {
    live.restart()
    const batch = await log.readSince(cursor, backfillBatch)
    const wanted = select(batch)
    if (signal.aborted) return cursor
    if (wanted.length > 0) yield wanted
    cursor = batch.at(-1)?.seq ?? cursor
    if (batch.length === 0 && !live.overflowed) return cursor
  }
  return cursor
}

async function* follow(
  live: LiveBuffer,
  after: number,
  { bufferBytes, signal }: FollowOptions,
): AsyncGenerator<EventBatch> {
  while (!signal.aborted) {
    if (live.overflowed) throw new SubscriberLaggingError(bufferBytes)
    const batch = live.shift()
    if (batch === undefined) await live.filled()
    else {
      // What came in while the log was read may have been read there.
      const isNew = (batch[0]?.seq ?? 0) > after
      const events = isNew ? batch : batch.filter(({ seq }) => seq > after)
      if (events.length > 0) yield events
    }
  }
}

/** Wanted events that were committed and not yet read. */
class LiveBuffer {
  readonly #options: FollowOptions
  #batches: EventBatch[] = []
  #bytes = 0
  #wake: () => void = () => undefined
  overflowed = false

  constructor(options: FollowOptions) {
    this.#options = options
  }

  push(batch: EventBatch): void {
    const { select, sizeOf, bufferBytes } = this.#options
    const wanted = select(batch)
    if (wanted.length === 0 || this.overflowed) return
    this.#bytes += sizeOf(wanted)
    // One batch always fits, whatever its size.
    if (this.#bytes > bufferBytes && this.#batches.length > 0) {
      this.restart()
      this.overflowed = true
    } else {
      this.#batches.push(wanted)
    }
    this.wake()
  }

  shift(): EventBatch | undefined {
    const batch = this.#batches.shift()
    if (batch !== undefined) this.#bytes -= this.#options.sizeOf(batch)
    return batch
  }

  restart(): void {
    this.#batches = []
    this.#bytes = 0
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
