import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import { formatByteSize } from '../../base/byte-size.ts'
import type { Machine } from '../../contract/machine.ts'
import type { Run } from '../../contract/run.ts'
import { failureText } from '../../presentation/event-text.ts'
import { runOfMachine } from '../../presentation/fleet.ts'
import { diskText, firmwareText, receiptOf } from '../../presentation/run-outcome.ts'
import { hasEnded } from '../../presentation/run-stages.ts'
import { cutText, shortId, shownText } from '../../presentation/shown-text.ts'
import { machineMark, type Tone } from '../../presentation/state-mark.ts'
import { deadlineText, waitReason } from '../../presentation/wait-reason.ts'
import { explanationRows } from '../explanation-rows.ts'
import type { ScreenState } from '../screen-state.ts'
import { markText, ThemeContext, toneStyle } from '../theme.ts'
import { NoteTail } from './note-tail.ts'
import { StageTimeline, timelineRows } from './stage-timeline.ts'
import { WritePanel, writePanelRows } from './write-panel.ts'

interface DetailLine {
  readonly text: string
  readonly tone: Tone
}

/** One machine: who it is, its stages, what it writes or waits for, why it is stuck, and the last that was said. */
export function MachineDetail({
  state,
  machine,
  columns,
  rows,
}: {
  state: ScreenState
  machine: Machine
  columns: number
  rows: number
}): ReactElement {
  const theme = useContext(ThemeContext)
  const { fleet, nowMs } = state
  const run = runOfMachine(fleet, machine)
  const view = run === undefined ? undefined : fleet.writes.get(run.id)
  const { ascii } = theme
  const timeline = run === undefined ? [] : timelineRows(run, { nowMs, width: columns, ascii })
  const mark = machineMark(machine, run)
  const above = [
    { text: `${machine.name}  ${markText(theme, mark)}`, tone: mark.tone },
    ...identity(machine),
  ]
  const facts = run === undefined ? [] : runFacts(run, nowMs)
  const taken =
    above.length + timeline.length + facts.length + (view === undefined ? 0 : writePanelRows) + 1
  const { explanation } = state
  const why =
    state.view === 'machine' && explanation?.machineId === machine.id
      ? explanationRows(explanation.told, { nowMs, width: columns, rows: rows - taken })
      : []
  const below = [...facts, ...why]
  const used = taken + why.length
  const lines = (from: readonly DetailLine[]) =>
    from.map(({ text, tone }, index) =>
      h(
        Text,
        { key: `${index} ${text}`, wrap: 'truncate', ...toneStyle(theme, tone) },
        cutText(text, columns, ascii ? '~' : '…'),
      ),
    )
  return h(
    Box,
    { flexDirection: 'column', width: columns, height: rows, overflow: 'hidden' },
    ...lines(above),
    h(StageTimeline, { rows: timeline }),
    ...(view === undefined ? [] : [h(WritePanel, { key: 'write', view, nowMs, columns })]),
    ...lines(below),
    h(Text, { key: 'gap' }, ' '),
    h(NoteTail, {
      notes: fleet.notes.get(machine.id) ?? [],
      rows: rows - used,
      columns,
      wraps: state.wraps,
    }),
  )
}

function identity(machine: Machine): DetailLine[] {
  const { inventory } = machine
  const memory = inventory === undefined ? '' : `  ${formatByteSize(inventory.memoryBytes)}`
  const address = machine.address === undefined ? '' : `  ${machine.address}`
  return [
    { text: `${machine.macAddresses.join('  ')}${address}`, tone: 'waiting' },
    { text: `${firmwareText(machine)}${memory}`, tone: 'waiting' },
  ]
}

function runFacts(run: Run, nowMs: number): DetailLine[] {
  const lines: DetailLine[] = []
  const add = (text: string | undefined, tone: Tone) => {
    if (text !== undefined) lines.push({ text, tone })
  }
  const image = run.params.imageName === undefined ? '' : `  image ${run.params.imageName}`
  const disk = run.disk === undefined ? '' : `  disk ${diskText(run.disk)}`
  add(`run ${shortId(run.id)}  ${run.workflow}${image}${disk}`, 'waiting')
  const waits = waitReason(run, nowMs)
  add(waits, run.state === 'running' || run.state === 'queued' ? 'waiting' : 'attention')
  if (waits === undefined) add(deadlineText(run, nowMs), 'idle')
  if (run.failure !== undefined && hasEnded(run)) {
    add(failureText(run.failure), 'bad')
    add(
      `try again: repave machine deploy ${run.machineName} --image ${run.params.imageName ?? 'IMAGE'}`,
      'waiting',
    )
  }
  const receipt = receiptOf(run)
  if (receipt !== undefined) {
    const bytes = formatByteSize(receipt.bytesReadBack)
    add(`proof ${bytes} read back  ${shownText(run.receipt?.digest)}`, 'good')
  }
  return lines
}
