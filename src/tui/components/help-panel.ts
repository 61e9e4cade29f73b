import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import { stageMark, type Tone, toneSymbol } from '../../presentation/state-mark.ts'
import { ThemeContext, toneStyle } from '../theme.ts'

const keys = [
  ['1 .. 6', 'machines, machine, runs, images, services, events'],
  ['j, down', 'next row'],
  ['k, up', 'previous row'],
  ['PgDn, PgUp', 'ten rows on, back'],
  ['g, G', 'first, last row'],
  ['Enter, l', 'one machine on the whole screen, with its log'],
  ['Esc', 'back'],
  ['/', 'only rows with these words: !word, state:failed'],
  [':', 'command: a view, machine NAME, deploy IMAGE, retry, quit'],
  ['y', 'copy the id to the clipboard of the terminal'],
  ['f, w', 'follow the newest line; wrap long lines'],
  ['?', 'this page'],
  ['q, Ctrl-C', 'quit; what is under way goes on'],
] as const

const changingKeys = [
  ['Space', 'mark a machine: commands go to all that are marked'],
  ['d', 'deploy: the plan first, then the name to type'],
  ['r, c', 'retry, cancel'],
  ['a, x', 'approve a newcomer or a run; take a machine out of use'],
  ['h, u', 'hold, release'],
] as const

const meanings: readonly (readonly [Tone, string])[] = [
  ['good', 'deployed, done'],
  ['active', 'at work'],
  [stageMark('pending').tone, 'not begun'],
  ['waiting', 'waits'],
  ['attention', 'needs a person'],
  ['bad', 'failed'],
]

/** Keys and symbols, as many rows as there is room for. */
export function HelpPanel({
  rows,
  isReadOnly,
}: {
  rows: number
  isReadOnly: boolean
}): ReactElement {
  const lines = [
    ...[...keys, ...(isReadOnly ? [] : changingKeys)].map(([key, what]) =>
      h(Text, { key, wrap: 'truncate' }, `${key.padEnd(12)}${what}`),
    ),
    h(Text, { key: 'gap' }, ' '),
    h(SymbolLine, { key: 'done', meanings: meanings.slice(0, 3) }),
    h(SymbolLine, { key: 'open', meanings: meanings.slice(3) }),
  ]
  return h(
    Box,
    { flexDirection: 'column', height: rows, overflow: 'hidden', paddingLeft: 1 },
    // Rows that do not fit would be laid over each other.
    ...lines.slice(0, rows),
  )
}

function SymbolLine({ meanings: shown }: { meanings: typeof meanings }): ReactElement {
  const theme = useContext(ThemeContext)
  return h(
    Text,
    { wrap: 'truncate' },
    ...shown.map(([tone, what], index) =>
      h(
        Text,
        { key: tone, ...toneStyle(theme, tone) },
        `${toneSymbol(tone, theme.ascii)} ${what}`.padEnd(index === shown.length - 1 ? 0 : 20),
      ),
    ),
  )
}
