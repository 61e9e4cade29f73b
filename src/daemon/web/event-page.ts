import type { RepaveEvent } from '../../contract/event.ts'
import { eventText } from '../../presentation/event-text.ts'
import { shortId, shownText } from '../../presentation/shown-text.ts'
import { eventTone, toneSymbol } from '../../presentation/state-mark.ts'
import { html, type Html } from './html.ts'
import type { Page } from './page-frame.ts'

/** What happened last, the newest first. */
export function eventPage(events: readonly RepaveEvent[]): Page {
  return {
    title: 'events',
    place: '/events',
    topics: ['*.*.*'],
    main: html`${eventTable(events)}
      <p class="command">repave event watch</p>`,
  }
}

/** @param events oldest first */
export function eventTable(events: readonly RepaveEvent[]): Html {
  if (events.length === 0) return html`<p>Nothing yet.</p>`
  const rows = events.toReversed().map((event) => {
    const tone = eventTone(event)
    const key = event.key.length === 36 ? shortId(event.key) : event.key
    return html`<tr class="${tone}">
      <td>${new Date(event.timeMs).toISOString().slice(11, 19)}</td>
      <td>${toneSymbol(tone, false)} ${shownText(`${event.type}.${event.action}`, 64)}</td>
      <td class="less">${shownText(key, 40)}</td>
      <td class="text">${eventText(event)}</td>
    </tr>`
  })
  return html`<div class="wide">
    <table class="events">
      <thead>
        <tr>
          <th>UTC</th>
          <th>event</th>
          <th class="less">of</th>
          <th>what</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}
