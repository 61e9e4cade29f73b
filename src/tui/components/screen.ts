import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import { cutText } from '../../presentation/shown-text.ts'
import { type Layout, layoutOf } from '../layout.ts'
import { selectedMachine } from '../listed.ts'
import type { ScreenState } from '../screen-state.ts'
import { ThemeContext } from '../theme.ts'
import { ConfirmPanel } from './confirm-panel.ts'
import { EventList } from './event-list.ts'
import { countsText, HeaderBar } from './header-bar.ts'
import { HelpPanel } from './help-panel.ts'
import { ImageList } from './image-list.ts'
import { LastLine } from './last-line.ts'
import { MachineDetail } from './machine-detail.ts'
import { MachineList } from './machine-list.ts'
import { RunList } from './run-list.ts'
import { ServicePanel } from './service-panel.ts'

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
  const layout = layoutOf(columns, rows, state.view !== 'machines')
  if (layout.kind === 'line') {
    return h(Text, { wrap: 'truncate' }, cutText(`repave ${countsText(state)}`, columns, ''))
  }
  return h(
    Box,
    { flexDirection: 'column', width: columns, height: layout.rows, overflow: 'hidden' },
    h(HeaderBar, { state, columns }),
    h(Box, { height: layout.bodyRows, overflow: 'hidden' }, h(Body, { state, layout })),
    h(LastLine, { state, columns }),
  )
}

function Body({ state, layout }: { state: ScreenState; layout: Layout }): ReactElement {
  if (state.confirmation !== undefined) {
    return h(ConfirmPanel, { confirmation: state.confirmation, layout })
  }
  if (state.showsHelp) return h(HelpPanel, { rows: layout.bodyRows, isReadOnly: state.isReadOnly })
  switch (state.view) {
    case 'runs':
      return h(RunList, { state, layout })
    case 'images':
      return h(ImageList, { state, layout })
    case 'services':
      return h(ServicePanel, { state, layout })
    case 'events':
      return h(EventList, { state, layout })
    case 'machines':
    case 'machine':
    default:
      return h(Machines, { state, layout })
  }
}

/** The list, the machine, or both side by side. */
function Machines({ state, layout }: { state: ScreenState; layout: Layout }): ReactElement {
  const machine = selectedMachine(state)
  if (machine === undefined) return h(MachineList, { state, layout })
  const { detailColumns, bodyRows, kind } = layout
  const detail = h(MachineDetail, { state, machine, columns: detailColumns, rows: bodyRows })
  if (kind === 'narrow') {
    return state.view === 'machine' ? detail : h(MachineList, { state, layout })
  }
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
