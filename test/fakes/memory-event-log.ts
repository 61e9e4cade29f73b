import type { NewEvent, RepaveEvent } from '../../src/contract/event.ts'
import type { EventLog } from '../../src/daemon/domain/event/event-log.ts'
import type { EventSink } from '../../src/daemon/domain/event/event-sink.ts'

/** An event log in memory that behaves like the stored one: numbers without gaps, reads in batches. */
export class MemoryEventLog implements EventLog, EventSink {
  readonly #events: RepaveEvent[] = []
  readonly #listeners = new Set<(batch: readonly RepaveEvent[]) => void>()
  /** Awaited by every read, so that a test can hold one up. */
  beforeRead: () => Promise<void> = () => Promise.resolve()

  get listenerCount(): number {
    return this.#listeners.size
  }

  append(event: Partial<NewEvent> = {}): RepaveEvent {
    const complete: RepaveEvent = {
      timeMs: 1_700_000_000_000,
      type: 'machine',
      action: 'updated',
      key: 'node-1',
      principal: 'daemon',
      body: {},
      ...event,
      seq: this.#events.length + 1,
    }
    this.#events.push(complete)
    for (const listener of this.#listeners) listener([complete])
    return complete
  }

  record(event: NewEvent): void {
    this.append(event)
  }

  lastSeq(): number {
    return this.#events.length
  }

  async readSince(seq: number, limit: number): Promise<readonly RepaveEvent[]> {
    await this.beforeRead()
    return this.#events.slice(seq, seq + limit)
  }

  readNext(seq: number, limit: number): Promise<readonly RepaveEvent[]> {
    return this.readSince(seq, limit)
  }

  onCommitted(listener: (event: RepaveEvent) => void): () => void {
    return this.onCommittedBatch((batch) => batch.forEach((event) => listener(event)))
  }

  onCommittedBatch(listener: (batch: readonly RepaveEvent[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
