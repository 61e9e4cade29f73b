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
  wraps,
}: {
  notes: readonly NoteLine[]
  rows: number
  columns: number
  /** Whether a long line goes on below instead of being cut. */
  wraps: boolean
}): ReactElement {
  const theme = useContext(ThemeContext)
  const mark = theme.ascii ? '~' : '…'
  const lines = (rows > 0 ? notes.slice(-rows) : []).flatMap((note) => {
    const text = noteText(note)
    const parts = wraps ? wrapped(text, columns) : [cutText(text, columns, mark)]
    return parts.map((part) => ({ source: note.source, part }))
  })
  const shown = rows > 0 ? lines.slice(-rows) : []
  const dim = theme.colour ? { dimColor: true } : {}
  return h(
    Box,
    { flexDirection: 'column', height: Math.max(0, rows), overflow: 'hidden' },
    ...shown.map(({ source, part }, index) =>
      h(Text, { key: String(index), wrap: 'truncate', ...(source === 'agent' ? dim : {}) }, part),
    ),
  )
}

/** Pieces of at most `width` characters, all but the first set in a little. */
function wrapped(text: string, width: number): string[] {
  const room = Math.max(1, width - 2)
  const characters = Array.from(text)
  const parts = [characters.slice(0, width).join('')]
  for (let from = width; from < characters.length; from += room) {
    parts.push(`  ${characters.slice(from, from + room).join('')}`)
  }
  return parts
}

function noteText({ timeMs, source, text }: NoteLine): string {
  return `${new Date(timeMs).toTimeString().slice(0, 8)} ${source.padEnd(6)} ${text}`
}
