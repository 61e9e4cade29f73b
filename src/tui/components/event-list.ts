import { createElement as h, type ReactElement, useContext } from 'react'

import type { RepaveEvent } from '../../contract/event.ts'
import { eventText } from '../../presentation/event-text.ts'
import { shortId, shownText } from '../../presentation/shown-text.ts'
import { eventTone, toneSymbol } from '../../presentation/state-mark.ts'
import type { Layout } from '../layout.ts'
import { cursorIndex, listedEvents } from '../listed.ts'
import { fittingColumns, rowText } from '../row-columns.ts'
import type { ScreenState } from '../screen-state.ts'
import { ThemeContext } from '../theme.ts'
import { RowList, type ShownRow } from './row-list.ts'

/** What the columns beside the text take, blanks included. */
const fixedColumns = 62

/** What happened, the newest last, in sight while it is followed. */
export function EventList({ state, layout }: { state: ScreenState; layout: Layout }): ReactElement {
  const { ascii } = useContext(ThemeContext)
  const events = listedEvents(state)
  const columns = fittingColumns(
    [
      { name: 'time', width: 8 },
      { name: 'what', width: 22 },
      { name: 'key', width: 17, dropped: 2 },
      { name: 'principal', width: 10, dropped: 1 },
      { name: 'text', width: Math.max(20, layout.columns - fixedColumns) },
    ],
    layout.columns,
  )
  const rowOf = (event: RepaveEvent): ShownRow => {
    const cells = columns.map(({ name }) => {
      if (name === 'time') return new Date(event.timeMs).toTimeString().slice(0, 8)
      if (name === 'what') return shownText(`${event.type}.${event.action}`, 64)
      if (name === 'key') return shownText(event.key.length === 36 ? shortId(event.key) : event.key)
      if (name === 'principal') return shownText(event.principal)
      return eventText(event)
    })
    const tone = eventTone(event)
    const symbol = toneSymbol(tone, ascii)
    const text = rowText(cells, columns, { symbol, ascii, width: layout.columns })
    return { key: String(event.seq), text, tone }
  }
  const numbers = events.map(({ seq }) => String(seq))
  return h(RowList<RepaveEvent>, {
    items: events,
    selected: cursorIndex(state, 'events', numbers),
    columns: layout.columns,
    rows: layout.bodyRows,
    rowOf,
    empty: ' Nothing has happened since this screen was opened.',
  })
}
