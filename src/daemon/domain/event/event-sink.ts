import type { NewEvent } from '../../../contract/event.ts'

/**
 * Where a server puts what it saw (an OFFER sent, a transfer finished). Never throws and never waits:
 * the event is queued and stored with the next commit. State changes do not come this way; they are
 * stored in one transaction with their event.
 */
export interface EventSink {
  record(event: NewEvent): void
}
