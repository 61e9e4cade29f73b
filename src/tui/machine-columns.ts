import type { Machine } from '../contract/machine.ts'
import type { Run } from '../contract/run.ts'
import { durationText } from '../presentation/duration-text.ts'
import { barText, doneFraction, percentText } from '../presentation/progress-text.ts'
import { currentTask } from '../presentation/run-stages.ts'
import { shownText } from '../presentation/shown-text.ts'
import { type StateMark, toneSymbol } from '../presentation/state-mark.ts'
import type { WriteView } from '../presentation/write-view.ts'
import { fittingColumns, type RowColumn, rowText } from './row-columns.ts'

export interface MachineRow {
  readonly machine: Machine
  readonly run: Run | undefined
  readonly write: WriteView | undefined
  readonly mark: StateMark
}

type Column = RowColumn<'name' | 'state' | 'image' | 'stage' | 'progress' | 'mac' | 'age'>

/** Below this a bar says less than its number. */
const barFromColumns = 80

/** The columns that fit into `columns` characters, for a terminal that is `terminalColumns` wide. */
export function chooseColumns(
  machines: readonly Machine[],
  { columns, terminalColumns }: { columns: number; terminalColumns: number },
): Column[] {
  const longestName = machines.reduce((longest, { name }) => Math.max(longest, name.length), 0)
  return fittingColumns(
    [
      { name: 'name', width: Math.min(20, Math.max(6, longestName)) },
      { name: 'state', width: 11 },
      { name: 'image', width: 16, dropped: 1 },
      { name: 'stage', width: 11 },
      { name: 'progress', width: terminalColumns >= barFromColumns ? 12 : 4 },
      { name: 'mac', width: 17, dropped: 2 },
      { name: 'age', width: 6, dropped: 3 },
    ],
    columns,
  )
}

/** One machine as a line of at most `width` characters, without its state's colour. */
export function machineRowText(
  row: MachineRow,
  columns: readonly Column[],
  { ascii, nowMs, width }: { ascii: boolean; nowMs: number; width: number },
): string {
  const cells = columns.map((column) => cellText(row, column, { ascii, nowMs }))
  return rowText(cells, columns, { symbol: toneSymbol(row.mark.tone, ascii), ascii, width })
}

/** In fewer letters, where the column is too narrow for the word. */
const stateWords: Readonly<Record<string, string>> = { 'pending-approval': 'to approve' }

function cellText(
  { machine, run, write, mark }: MachineRow,
  column: Column,
  { ascii, nowMs }: { ascii: boolean; nowMs: number },
): string {
  const { name, width } = column
  if (name === 'name') return shownText(machine.name)
  if (name === 'state') return stateWords[mark.word] ?? mark.word
  if (name === 'image') return shownText(machine.imageName ?? run?.params.imageName)
  if (name === 'stage') return stageText(machine, run)
  if (name === 'progress') return write === undefined ? '' : progressCell(write, width, ascii)
  if (name === 'mac') return machine.macAddresses[0] ?? '-'
  return durationText(nowMs - machine.lastSeenAtMs)
}

function stageText(machine: Machine, run: Run | undefined): string {
  if (machine.state !== 'deploying' || run === undefined) return '-'
  return currentTask(run)?.stage ?? '-'
}

function progressCell({ progress }: WriteView, width: number, ascii: boolean): string {
  const percent = percentText(progress)
  const barWidth = width - 5
  if (barWidth < 3) return percent
  return `${barText(doneFraction(progress), barWidth, ascii)} ${percent.padStart(4)}`
}
