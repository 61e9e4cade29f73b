import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import { cutText } from '../../presentation/shown-text.ts'
import type { Layout } from '../layout.ts'
import type { Confirmation } from '../screen-state.ts'
import { ThemeContext, toneStyle } from '../theme.ts'

/** The plan, and the word that has to be typed before it is carried out. */
export function ConfirmPanel({
  confirmation,
  layout,
}: {
  confirmation: Confirmation
  layout: Layout
}): ReactElement {
  const theme = useContext(ThemeContext)
  const { title, lines, expected, typed } = confirmation
  const cut = (text: string) => cutText(text, layout.columns, theme.ascii ? '~' : '…')
  // Title above, a gap and the question below.
  const shown = lines.slice(0, Math.max(0, layout.bodyRows - 3))
  return h(
    Box,
    { flexDirection: 'column', width: layout.columns, height: layout.bodyRows, overflow: 'hidden' },
    h(Text, { key: 'title', wrap: 'truncate', ...toneStyle(theme, 'attention') }, cut(` ${title}`)),
    ...shown.map((line, index) =>
      h(Text, { key: String(index), wrap: 'truncate' }, cut(` ${line}`)),
    ),
    h(Text, { key: 'gap' }, ' '),
    h(
      Text,
      { key: 'question', wrap: 'truncate', ...toneStyle(theme, 'attention') },
      cut(` type ${expected} and Enter, or Esc: ${typed}`),
    ),
  )
}
