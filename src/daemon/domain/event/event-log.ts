import type { RepaveEvent } from '../../../contract/event.ts'

/** The durable, ordered record of what happened. */
export interface EventLog {
  /** Number of the newest committed event, 0 when there is none. */
  lastSeq(): number
  /** Events after `seq`, oldest first: all that there are, at most `limit`. */
  readSince(seq: number, limit: number): Promise<readonly RepaveEvent[]>
  /** The next of them, as many as are at hand; none only where there is none. All who ask share the list. */
  readNext(seq: number, limit: number): Promise<readonly RepaveEvent[]>
  /** Called for every event right after its commit, in order. Returns what ends it. */
  onCommitted(listener: (event: RepaveEvent) => void): () => void
  /** The same, for many at a time: everybody gets the same list. */
  onCommittedBatch(listener: (batch: readonly RepaveEvent[]) => void): () => void
}
