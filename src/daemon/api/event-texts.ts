import type { RepaveEvent } from '../../contract/event.ts'
import { topicMatches } from '../../contract/event.ts'
import type { EventBatch } from '../domain/event/follow-events.ts'

/**
 * Events as JSON, made once for all subscribers: what a hundred of them get of the same batch are the same
 * bytes. Kept as long as somebody holds the batch.
 */
export class EventTexts {
  readonly #ofEvents = new WeakMap<RepaveEvent, string>()
  readonly #ofBatches = new WeakMap<EventBatch, Buffer>()
  readonly #selections = new Map<string, WeakMap<EventBatch, EventBatch>>()

  /** One event. */
  text(event: RepaveEvent): string {
    let text = this.#ofEvents.get(event)
    if (text === undefined) {
      text = JSON.stringify(event)
      this.#ofEvents.set(event, text)
    }
    return text
  }

  /** The batch as a JSON array. */
  bytes(batch: EventBatch): Buffer {
    let bytes = this.#ofBatches.get(batch)
    if (bytes === undefined) {
      bytes = Buffer.from(`[${batch.map((event) => this.text(event)).join(',')}]`)
      this.#ofBatches.set(batch, bytes)
    }
    return bytes
  }

  /** What the topics cover of a batch: the same list for everybody who names the same topics. */
  selection(topics: readonly string[]): (batch: EventBatch) => EventBatch {
    if (topics.includes('*.*.*')) return (batch) => batch
    const key = topics.join('\n')
    const known = this.#selections.get(key) ?? new WeakMap<EventBatch, EventBatch>()
    // Clients come with a handful of different topics; whoever makes them up does not fill our memory.
    if (this.#selections.size < maximumSelections) this.#selections.set(key, known)
    return (batch) => {
      let selected = known.get(batch)
      if (selected === undefined) {
        selected = batch.filter((event) => topics.some((topic) => topicMatches(topic, event)))
        known.set(batch, selected)
      }
      return selected
    }
  }
}

const maximumSelections = 256
