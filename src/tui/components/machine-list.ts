import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import { runOfMachine } from '../../presentation/fleet.ts'
import { machineMark } from '../../presentation/state-mark.ts'
import { type Layout, visibleRange } from '../layout.ts'
import { chooseColumns, type MachineRow, machineRowText } from '../machine-columns.ts'
import { listedMachines, type ScreenState, selectedIndex } from '../screen-state.ts'
import { ThemeContext, toneStyle } from '../theme.ts'

/** Every machine on a line; only the lines that are visible are made. */
export function MachineList({
  state,
  layout,
}: {
  state: ScreenState
  layout: Layout
}): ReactElement {
  const theme = useContext(ThemeContext)
  const machines = listedMachines(state)
  const selected = selectedIndex(state, machines)
  const { first, end } = visibleRange(machines.length, selected, layout.bodyRows)
  const columns = chooseColumns(machines, {
    columns: layout.listColumns,
    terminalColumns: layout.columns,
  })
  const rows = machines.slice(first, end).map((machine, offset) => {
    const run = runOfMachine(state.fleet, machine)
    const mark = machineMark(machine, run)
    const write = run === undefined ? undefined : state.fleet.writes.get(run.id)
    const row: MachineRow = { machine, run, write, mark }
    const { ascii } = theme
    const text = machineRowText(row, columns, {
      ascii,
      nowMs: state.nowMs,
      width: layout.listColumns,
    })
    const isSelected = first + offset === selected
    return h(
      Text,
      {
        key: machine.id,
        wrap: 'truncate',
        inverse: isSelected && theme.colour,
        ...toneStyle(theme, mark.tone),
      },
      isSelected && !theme.colour ? `>${text.slice(1)}` : text,
    )
  })
  return h(
    Box,
    { flexDirection: 'column', width: layout.listColumns, height: layout.bodyRows, flexShrink: 0 },
    ...(rows.length > 0 ? rows : [h(EmptyList, { key: 'empty', state })]),
  )
}

function EmptyList({ state }: { state: ScreenState }): ReactElement {
  const { connection } = state
  if (connection.kind === 'connected') {
    return h(Text, { wrap: 'wrap' }, ' No machine yet: one appears when it boots from the network.')
  }
  const reason = connection.kind === 'lost' ? connection.reason : ''
  return h(
    Text,
    { wrap: 'wrap' },
    ` No daemon answers yet. ${reason}\n Start one with: repave serve --interface NAME`,
  )
}
