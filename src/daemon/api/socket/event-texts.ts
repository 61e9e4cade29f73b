import type { RepaveEvent } from '../../../contract/event.ts'
import { topicMatches } from '../../../contract/event.ts'
import type { EventBatch } from '../../domain/event/follow-events.ts'

/**
 * Events as JSON, made once for all subscribers: what a hundred of them get of the same batch are the same
 * bytes. Kept as long as somebody holds the batch.
 */
export class EventTexts {
  readonly #ofEvents = new WeakMap<RepaveEvent, string>()
  readonly #ofBatches = new WeakMap<EventBatch, Map<string, Buffer>>()
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

  /** The `events` frame of a batch: the same bytes for everybody whose subscription has the same id. */
  frame(id: string, batch: EventBatch): Buffer {
    let frames = this.#ofBatches.get(batch)
    if (frames === undefined) {
      frames = new Map()
      this.#ofBatches.set(batch, frames)
    }
    let frame = frames.get(id)
    if (frame === undefined) {
      const events = batch.map((event) => this.text(event)).join(',')
      frame = Buffer.from(`{"frame":"events","id":${JSON.stringify(id)},"events":[${events}]}`)
      if (frames.size < maximumFrames) frames.set(id, frame)
    }
    return frame
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
/** Clients number their subscriptions from one on: a few ids are those of most. */
const maximumFrames = 4
