import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import { formatByteSize } from '../../base/byte-size.ts'
import type { WriteProgress } from '../../contract/run.ts'
import {
  barText,
  doneFraction,
  doneOfTotalText,
  paceText,
  percentText,
  ratesText,
  rateText,
} from '../../presentation/progress-text.ts'
import type { WriteView } from '../../presentation/write-view.ts'
import { ThemeContext, toneStyle } from '../theme.ts'

/** Lines of a {@link WritePanel}. */
export const writePanelRows = 4

/** The write and its read-back, each with a bar of its own: the end of writing is not yet success. */
export function WritePanel({
  view,
  nowMs,
  columns,
}: {
  view: WriteView
  nowMs: number
  columns: number
}): ReactElement {
  const theme = useContext(ThemeContext)
  const lines = writePanelLines(view, { nowMs, columns, ascii: theme.ascii })
  return h(
    Box,
    { flexDirection: 'column', flexShrink: 0 },
    ...lines.map((line, index) =>
      h(Text, { key: String(index), wrap: 'truncate', ...toneStyle(theme, 'active') }, line),
    ),
  )
}

/** Its lines: the write's bar, the read-back's bar, how it goes, and the rate of each step. */
export function writePanelLines(
  view: WriteView,
  { nowMs, columns, ascii }: { nowMs: number; columns: number; ascii: boolean },
): string[] {
  const { progress, imageBytes } = view
  const done = { doneBytes: imageBytes, totalBytes: imageBytes }
  const open = { doneBytes: 0, totalBytes: imageBytes }
  const bar = (name: string, part: Pick<WriteProgress, 'doneBytes' | 'totalBytes'>) =>
    barLine(name, part, columns, ascii)
  const isBeforeVerify = progress.phase === 'scan' || progress.phase === 'write'
  return [
    progress.phase === 'scan'
      ? bar('scan', progress)
      : bar('write', progress.phase === 'write' ? progress : done),
    bar('verify', isBeforeVerify ? open : progress.phase === 'verify' ? progress : done),
    `        ${courseText(view, nowMs)}`,
    `        ${stepsText(view)}`,
  ]
}

function barLine(
  name: string,
  part: Pick<WriteProgress, 'doneBytes' | 'totalBytes'>,
  columns: number,
  ascii: boolean,
): string {
  const text = `${percentText(part).padStart(4)}  ${doneOfTotalText(part.doneBytes, part.totalBytes)}`
  const width = Math.min(40, Math.max(4, columns - text.length - 10))
  return `${name.padEnd(7)} ${barText(doneFraction(part), width, ascii)} ${text}`
}

/** What matters first, as a narrow screen cuts the end: rate, estimate, what limits it, what is proven. */
function courseText(view: WriteView, nowMs: number): string {
  const { phase, bytesPerSecond, bottleneck, provenBytes } = view.progress
  if (phase === 'commit') return 'every byte is proven, the first MiB comes last'
  const parts = [
    rateText(bytesPerSecond),
    paceText(view, nowMs),
    bottleneck === undefined ? '' : `bound by ${bottleneck}`,
    provenBytes === undefined ? '' : `proven ${formatByteSize(provenBytes)}`,
  ]
  return parts.filter((part) => part !== '').join('  ')
}

function stepsText({ progress }: WriteView): string {
  const { fetchedBytes, chunksRefetched } = progress
  const parts = [
    ratesText(progress),
    `fetched ${formatByteSize(fetchedBytes)}`,
    `refetched ${chunksRefetched}`,
  ]
  return parts.filter((part) => part !== '').join('  ')
}
