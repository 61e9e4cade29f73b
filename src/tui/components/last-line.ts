import { Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import { cutText } from '../../presentation/shown-text.ts'
import type { ScreenState } from '../screen-state.ts'
import type { ScreenView } from '../screen-view.ts'
import { ThemeContext, toneStyle } from '../theme.ts'

/** What is being typed, else what was just done, else what the keys do, as far as there is room. */
export function LastLine({
  state,
  columns,
}: {
  state: ScreenState
  columns: number
}): ReactElement {
  const theme = useContext(ThemeContext)
  const { entry, notice, confirmation } = state
  if (entry !== undefined) {
    const cursor = theme.ascii ? '_' : '▏'
    const text = `${entry.kind === 'filter' ? '/' : ':'}${entry.text}${cursor}`
    return h(Text, { wrap: 'truncate' }, cutText(text, columns, ''))
  }
  if (notice !== undefined) {
    const text = cutText(` ${notice.text}`, columns, theme.ascii ? '~' : '…')
    return h(Text, { wrap: 'truncate', ...toneStyle(theme, notice.tone) }, text)
  }
  const keys = confirmation === undefined ? keysOf(state) : ['enter confirm', 'esc back']
  return h(Text, { wrap: 'truncate', dimColor: true }, cutText(` ${keys.join('   ')}`, columns, ''))
}

const viewKeys: Readonly<Record<ScreenView, readonly string[]>> = {
  machines: ['j/k move', 'enter open', '/ filter'],
  machine: ['esc back', 'j/k other machine'],
  runs: ['esc back', 'j/k move', '/ filter'],
  images: ['esc back', '/ filter'],
  services: ['esc back'],
  events: ['esc back', '/ filter', 'f follow'],
}
const changingKeys = [
  'd deploy',
  'r retry',
  'c cancel',
  'a approve',
  'h hold',
  'u release',
  'x retire',
]
const changingViews: ReadonlySet<ScreenView> = new Set(['machines', 'machine', 'runs'] as const)

function keysOf({ view, isReadOnly, filter }: ScreenState): string[] {
  const change = isReadOnly || !changingViews.has(view) ? [] : changingKeys
  const passing = filter === '' ? [] : [`/${filter}`]
  return [...passing, ...viewKeys[view], ': command', '? help', 'q quit', ...change]
}
