import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import { cutText } from '../../presentation/shown-text.ts'
import { type Layout, layoutOf } from '../layout.ts'
import { listedMachines, type ScreenState, selectedIndex } from '../screen-state.ts'
import { ThemeContext } from '../theme.ts'
import { countsText, HeaderBar } from './header-bar.ts'
import { HelpPanel } from './help-panel.ts'
import { KeyLine } from './key-line.ts'
import { MachineDetail } from './machine-detail.ts'
import { MachineList } from './machine-list.ts'

/** The whole screen for a terminal of that size. */
export function Screen({
  state,
  columns,
  rows,
}: {
  state: ScreenState
  columns: number
  rows: number
}): ReactElement {
  const layout = layoutOf(columns, rows, state.isOpen)
  if (layout.kind === 'line') {
    return h(Text, { wrap: 'truncate' }, cutText(`repave ${countsText(state)}`, columns, ''))
  }
  return h(
    Box,
    { flexDirection: 'column', width: columns, height: layout.rows, overflow: 'hidden' },
    h(HeaderBar, { state, columns }),
    h(
      Box,
      { height: layout.bodyRows, overflow: 'hidden' },
      state.showsHelp ? h(HelpPanel, { rows: layout.bodyRows }) : h(Body, { state, layout }),
    ),
    h(KeyLine, { isOpen: state.isOpen, columns }),
  )
}

function Body({ state, layout }: { state: ScreenState; layout: Layout }): ReactElement {
  const machines = listedMachines(state)
  const machine = machines[selectedIndex(state, machines)]
  if (machine === undefined) return h(MachineList, { state, layout })
  const { detailColumns, bodyRows, kind } = layout
  const detail = h(MachineDetail, { state, machine, columns: detailColumns, rows: bodyRows })
  if (kind === 'narrow') return state.isOpen ? detail : h(MachineList, { state, layout })
  return h(Box, {}, h(MachineList, { state, layout }), h(Divider, { rows: bodyRows }), detail)
}

function Divider({ rows }: { rows: number }): ReactElement {
  const { ascii } = useContext(ThemeContext)
  const line = ascii ? '|' : '│'
  return h(
    Box,
    { width: 2, height: rows, flexShrink: 0 },
    h(Text, { dimColor: true }, Array.from({ length: rows }, () => line).join('\n')),
  )
}
