import { createElement as h, type ReactElement, useContext } from 'react'

import type { Machine } from '../../contract/machine.ts'
import { runOfMachine } from '../../presentation/fleet.ts'
import { machineMark } from '../../presentation/state-mark.ts'
import type { Layout } from '../layout.ts'
import { listedMachines, selectedMachine } from '../listed.ts'
import { chooseColumns, machineRowText } from '../machine-columns.ts'
import type { ScreenState } from '../screen-state.ts'
import { ThemeContext } from '../theme.ts'
import { RowList, type ShownRow } from './row-list.ts'

/** Every machine on a line. */
export function MachineList({
  state,
  layout,
}: {
  state: ScreenState
  layout: Layout
}): ReactElement {
  const { ascii } = useContext(ThemeContext)
  const machines = listedMachines(state)
  const chosen = selectedMachine(state)
  const columns = chooseColumns(machines, {
    columns: layout.listColumns,
    terminalColumns: layout.columns,
  })
  const rowOf = (machine: Machine): ShownRow => {
    const run = runOfMachine(state.fleet, machine)
    const mark = machineMark(machine, run)
    const write = run === undefined ? undefined : state.fleet.writes.get(run.id)
    const text = machineRowText({ machine, run, write, mark }, columns, {
      ascii,
      nowMs: state.nowMs,
      width: layout.listColumns,
    })
    return { key: machine.id, text, tone: mark.tone, isMarked: state.marked.has(machine.id) }
  }
  return h(RowList<Machine>, {
    items: machines,
    selected: machines.findIndex((machine) => machine === chosen),
    columns: layout.listColumns,
    rows: layout.bodyRows,
    rowOf,
    empty: emptyText(state),
  })
}

function emptyText({ connection, filter }: ScreenState): string {
  if (filter !== '') return ` No machine passes /${filter}`
  if (connection.kind === 'connected') {
    return ' No machine yet: one appears when it boots from the network.'
  }
  const reason = connection.kind === 'lost' ? connection.reason : ''
  return ` No daemon answers yet. ${reason}\n Start one with: repave serve --interface NAME`
}
