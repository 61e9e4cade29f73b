import { createElement as h, type ReactElement, useContext } from 'react'

import type { Run } from '../../contract/run.ts'
import { durationText } from '../../presentation/duration-text.ts'
import { currentTask, hasEnded } from '../../presentation/run-stages.ts'
import { shortId, shownText } from '../../presentation/shown-text.ts'
import { runMark, toneSymbol } from '../../presentation/state-mark.ts'
import type { Layout } from '../layout.ts'
import { cursorIndex, listedRuns } from '../listed.ts'
import { fittingColumns, rowText } from '../row-columns.ts'
import type { ScreenState } from '../screen-state.ts'
import { ThemeContext } from '../theme.ts'
import { RowList, type ShownRow } from './row-list.ts'

/** Every run on a line, the newest first. */
export function RunList({ state, layout }: { state: ScreenState; layout: Layout }): ReactElement {
  const { ascii } = useContext(ThemeContext)
  const runs = listedRuns(state)
  const columns = fittingColumns(
    [
      { name: 'id', width: 8, dropped: 1 },
      { name: 'machine', width: 16 },
      { name: 'state', width: 16 },
      { name: 'workflow', width: 14, dropped: 3 },
      { name: 'image', width: 16, dropped: 2 },
      { name: 'stage', width: 12 },
      { name: 'took', width: 7 },
    ],
    layout.columns,
  )
  const rowOf = (run: Run): ShownRow => {
    const { tone, word } = runMark(run)
    const cells = columns.map(({ name }) => {
      if (name === 'id') return shortId(run.id)
      if (name === 'machine') return shownText(run.machineName, 63)
      if (name === 'state') return word
      if (name === 'workflow') return run.workflow
      if (name === 'image') return shownText(run.params.imageName)
      if (name === 'stage') return hasEnded(run) ? '-' : (currentTask(run)?.stage ?? '-')
      return durationText((run.endedAtMs ?? state.nowMs) - run.createdAtMs)
    })
    const symbol = toneSymbol(tone, ascii)
    return {
      key: run.id,
      text: rowText(cells, columns, { symbol, ascii, width: layout.columns }),
      tone,
    }
  }
  const ids = runs.map(({ id }) => id)
  return h(RowList<Run>, {
    items: runs,
    selected: cursorIndex(state, 'runs', ids),
    columns: layout.columns,
    rows: layout.bodyRows,
    rowOf,
    empty: ' No run yet: repave machine deploy MACHINE --image IMAGE',
  })
}
