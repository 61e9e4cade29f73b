import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import { stageMark, type Tone, toneSymbol } from '../../presentation/state-mark.ts'
import { ThemeContext, toneStyle } from '../theme.ts'

const keys = [
  ['j, down', 'next machine'],
  ['k, up', 'previous machine'],
  ['PgDn, PgUp', 'ten machines on, back'],
  ['g, G', 'first, last machine'],
  ['Enter', 'one machine on the whole screen'],
  ['Esc', 'back'],
  ['?', 'this page'],
  ['q, Ctrl-C', 'quit; what is under way goes on'],
] as const

const meanings: readonly (readonly [Tone, string])[] = [
  ['good', 'deployed, done'],
  ['active', 'at work'],
  [stageMark('pending').tone, 'not begun'],
  ['waiting', 'waits'],
  ['attention', 'needs a person'],
  ['bad', 'failed'],
]

/** Keys and symbols. */
export function HelpPanel({ rows }: { rows: number }): ReactElement {
  const theme = useContext(ThemeContext)
  return h(
    Box,
    { flexDirection: 'column', height: rows, overflow: 'hidden', paddingLeft: 1 },
    ...keys.map(([key, what]) => h(Text, { key, wrap: 'truncate' }, `${key.padEnd(12)}${what}`)),
    h(Text, { key: 'gap' }, ' '),
    ...meanings.map(([tone, what]) =>
      h(
        Text,
        { key: tone, wrap: 'truncate', ...toneStyle(theme, tone) },
        `${toneSymbol(tone, theme.ascii).padEnd(12)}${what}`,
      ),
    ),
  )
}
