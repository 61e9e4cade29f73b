import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import type { Tone } from '../../presentation/state-mark.ts'
import type { ScreenState } from '../screen-state.ts'
import { ThemeContext, toneStyle } from '../theme.ts'

/** Below this the time gives way to the counts. */
const clockFromColumns = 72

/** Name, counts, connection, time. */
export function HeaderBar({
  state,
  columns,
}: {
  state: ScreenState
  columns: number
}): ReactElement {
  const theme = useContext(ThemeContext)
  const connection = connectionText(state)
  const clock = columns < clockFromColumns ? '' : `  ${clockText(state.nowMs)}`
  return h(
    Box,
    { justifyContent: 'space-between', height: 1, flexShrink: 0 },
    h(Text, { bold: true, wrap: 'truncate' }, ` repave  ${countsText(state)}`),
    h(
      Text,
      { wrap: 'truncate', ...toneStyle(theme, connection.tone) },
      ` ${connection.text}${clock} `,
    ),
  )
}

/** `3 machines  1 deploying  0 failed`. */
export function countsText({ fleet }: ScreenState): string {
  const machines = [...fleet.machines.values()]
  const count = (state: string) => machines.filter((machine) => machine.state === state).length
  const parts = [
    `${machines.length} ${machines.length === 1 ? 'machine' : 'machines'}`,
    `${count('deploying')} deploying`,
    `${count('failed')} failed`,
    ...(count('held') > 0 ? [`${count('held')} held`] : []),
    ...(count('pending-approval') > 0 ? [`${count('pending-approval')} to approve`] : []),
  ]
  return parts.join('  ')
}

function connectionText({ connection }: ScreenState): { text: string; tone: Tone } {
  if (connection.kind === 'connected') return { text: 'connected', tone: 'good' }
  if (connection.kind === 'connecting') return { text: 'connecting', tone: 'waiting' }
  return { text: `reconnecting (${connection.attempt})`, tone: 'attention' }
}

function clockText(nowMs: number): string {
  return new Date(nowMs).toTimeString().slice(0, 8)
}
