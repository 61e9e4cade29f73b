import { CodedError, messageOf } from '../base/coded-error.ts'
import type { RepaveEvent } from '../contract/event.ts'
import type { Machine } from '../contract/machine.ts'
import type { DaemonToOperator, OperatorToDaemon } from '../contract/operator-frames.ts'
import type { Run, WriteProgress } from '../contract/run.ts'

/** One open connection to the daemon's operator websocket. */
export interface OperatorLink {
  /** Ends when the daemon closes the connection, throws when it breaks. */
  readonly frames: AsyncIterable<DaemonToOperator>
  send(frame: OperatorToDaemon): void
  close(): void
}

export interface FeedOptions {
  readonly topics: readonly string[]
  /** The last event already seen; the present state alone where absent. */
  readonly since?: number
  connect(): Promise<OperatorLink>
  /** Resolves after `milliseconds`, at once when the feed is to end. */
  wait(milliseconds: number): Promise<void>
  readonly signal: { readonly aborted: boolean }
}

/** What a follower sees, in order. */
export type FeedItem =
  | {
      readonly kind: 'snapshot'
      readonly seq: number
      /** Whether it replaces all that was known, rather than standing ahead of events still to come. */
      readonly fresh: boolean
      readonly machines: readonly Machine[]
      readonly runs: readonly Run[]
    }
  | { readonly kind: 'event'; readonly event: RepaveEvent }
  | {
      readonly kind: 'progress'
      readonly machineId: string
      readonly runId: string
      readonly progress: WriteProgress
    }
  /** `attempt` counts the failures since the last snapshot. */
  | { readonly kind: 'disconnected'; readonly attempt: number; readonly reason: string }

/** The daemon refused the subscription; asking again would not help. */
export class SubscriptionRefusedError extends CodedError {
  readonly code = 'ERR_SUBSCRIPTION_REFUSED'
}

/**
 * Follows the daemon through restarts and broken connections: every event once, in order, none left out.
 * Ends when `signal` aborts.
 *
 * @throws {SubscriptionRefusedError} when the daemon refuses the topics
 */
export async function* followOperator(options: FeedOptions): AsyncGenerator<FeedItem> {
  const position: Position = { cursor: options.since, subscription: 0 }
  let attempt = 0
  while (!options.signal.aborted) {
    let reason = 'the daemon closed the connection'
    try {
      for await (const item of followOnce(options, position)) {
        attempt = 0
        yield item
      }
    } catch (thrown) {
      if (thrown instanceof SubscriptionRefusedError) throw thrown
      reason = messageOf(thrown)
    }
    if (options.signal.aborted) return
    attempt++
    yield { kind: 'disconnected', attempt, reason }
    await options.wait(reconnectDelayMs(attempt))
  }
}

/** 250 ms, doubling up to 5 s. */
export function reconnectDelayMs(attempt: number): number {
  return Math.min(5000, 250 * 2 ** Math.min(attempt - 1, 10))
}

interface Position {
  /** The last event seen. */
  cursor: number | undefined
  /** Numbers subscriptions: frames of an ended one must not be taken for those of its successor. */
  subscription: number
}

async function* followOnce(options: FeedOptions, position: Position): AsyncGenerator<FeedItem> {
  const link = await options.connect()
  try {
    subscribe(link, options, position)
    for await (const frame of link.frames) {
      if (frame.id !== undefined && frame.id !== String(position.subscription)) continue
      if (frame.frame === 'lagging') subscribe(link, options, position)
      else {
        yield* takeFrame(position, frame)
      }
    }
  } finally {
    link.close()
  }
}

function subscribe(link: OperatorLink, options: FeedOptions, position: Position): void {
  position.subscription++
  link.send({
    frame: 'subscribe',
    id: String(position.subscription),
    topics: [...options.topics],
    batch: true,
    ...(position.cursor === undefined ? {} : { since: position.cursor }),
  })
}

function takeFrame(
  position: Position,
  frame: Exclude<DaemonToOperator, { frame: 'lagging' }>,
): readonly FeedItem[] {
  if (frame.frame === 'error') {
    throw new SubscriptionRefusedError(`${frame.code}: ${frame.message}`)
  }
  if (frame.frame === 'event') return takeEvents(position, [frame.event])
  if (frame.frame === 'events') return takeEvents(position, frame.events)
  if (frame.frame === 'progress') {
    const { machineId, runId, progress } = frame
    return [{ kind: 'progress', machineId, runId, progress }]
  }
  if (frame.frame === 'authenticated') return []
  const { seq, machines, runs } = frame
  // A cursor ahead of the daemon's record belongs to a record that is gone.
  const fresh = position.cursor === undefined || position.cursor > seq
  if (fresh) position.cursor = seq
  return [{ kind: 'snapshot', seq, fresh, machines, runs }]
}

function takeEvents(position: Position, events: readonly RepaveEvent[]): readonly FeedItem[] {
  const fresh = events.filter(({ seq }) => seq > (position.cursor ?? 0))
  position.cursor = fresh.at(-1)?.seq ?? position.cursor
  return fresh.map((event) => ({ kind: 'event', event }))
}
