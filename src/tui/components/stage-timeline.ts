import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import type { Run } from '../../contract/run.ts'
import { durationText } from '../../presentation/duration-text.ts'
import { type StageView, stageDurationMs, stagesOf } from '../../presentation/run-stages.ts'
import { stageMark, toneSymbol } from '../../presentation/state-mark.ts'
import { ThemeContext, toneStyle } from '../theme.ts'

export interface TimelineCell {
  readonly stage: StageView
  readonly text: string
}

/** `✓ inventory 2s  ▶ write 31s  · reboot`, broken into lines of at most `width` characters. */
export function timelineRows(
  run: Run,
  { nowMs, width, ascii }: { nowMs: number; width: number; ascii: boolean },
): TimelineCell[][] {
  const rows: TimelineCell[][] = []
  let room = 0
  for (const stage of stagesOf(run)) {
    const tookMs = stageDurationMs(stage, run.endedAtMs ?? nowMs)
    const took = tookMs === undefined ? '' : ` ${durationText(tookMs)}`
    const text = `${toneSymbol(stageMark(stage.state).tone, ascii)} ${stage.name}${took}  `
    if (text.length > room || rows.length === 0) {
      rows.push([])
      room = width
    }
    rows.at(-1)?.push({ stage, text })
    room -= text.length
  }
  return rows
}

export function StageTimeline({ rows }: { rows: readonly TimelineCell[][] }): ReactElement {
  const theme = useContext(ThemeContext)
  return h(
    Box,
    { flexDirection: 'column', flexShrink: 0 },
    ...rows.map((row) =>
      h(
        Text,
        { key: row[0]?.stage.name ?? '', wrap: 'truncate' },
        ...row.map(({ stage, text }) =>
          h(Text, { key: stage.name, ...toneStyle(theme, stageMark(stage.state).tone) }, text),
        ),
      ),
    ),
  )
}
