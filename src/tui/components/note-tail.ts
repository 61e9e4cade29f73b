import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import type { NoteLine } from '../../presentation/fleet.ts'
import { cutText } from '../../presentation/shown-text.ts'
import { ThemeContext } from '../theme.ts'

/** The last lines that were said about a machine, as many as there is room for. */
export function NoteTail({
  notes,
  rows,
  columns,
}: {
  notes: readonly NoteLine[]
  rows: number
  columns: number
}): ReactElement {
  const theme = useContext(ThemeContext)
  const shown = rows > 0 ? notes.slice(-rows) : []
  const dim = theme.colour ? { dimColor: true } : {}
  return h(
    Box,
    { flexDirection: 'column', height: Math.max(0, rows), overflow: 'hidden' },
    ...shown.map((note, index) =>
      h(
        Text,
        {
          key: `${note.timeMs} ${index}`,
          wrap: 'truncate',
          ...(note.source === 'agent' ? dim : {}),
        },
        cutText(noteText(note), columns, theme.ascii ? '~' : '…'),
      ),
    ),
  )
}

function noteText({ timeMs, source, text }: NoteLine): string {
  return `${new Date(timeMs).toTimeString().slice(0, 8)} ${source.padEnd(6)} ${text}`
}
