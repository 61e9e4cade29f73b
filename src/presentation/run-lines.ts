import type { ImageComparison, Intervention, Run, RunTask } from '../contract/run.ts'
import { durationText } from './duration-text.ts'
import { failureText } from './event-text.ts'
import { diskText, wipedText } from './run-outcome.ts'
import { shownText } from './shown-text.ts'
import { factLines, tableLines } from './table-text.ts'
import { deadlineText, holdNextText, waitReason } from './wait-reason.ts'

/** A run for people: what it is, what it waits for, and its whole plan, task by task. */
export function runLines(run: Run, nowMs: number): string[] {
  const waits = waitReason(run, nowMs) ?? deadlineText(run, nowMs)
  const holds = holdNextText(run)
  const facts: (readonly [string, string])[] = [
    ['run', run.id],
    ['machine', shownText(run.machineName, 63)],
    ['workflow', `${run.workflow} ${run.params.imageName ?? ''}`.trimEnd()],
    ['state', run.state],
    ...(waits === undefined ? [] : [['now', waits] as const]),
    ...(run.disk === undefined
      ? []
      : [['disk', `${diskText(run.disk)}  (its data is replaced)`] as const]),
    ...disksFacts(run),
    ...(run.failure === undefined ? [] : [['failure', failureText(run.failure)] as const]),
    ...(holds === undefined ? [] : [['then', holds] as const]),
    ...(run.stopAt === undefined ? [] : [['held before', run.stopAt] as const]),
    ...(run.comparison === undefined
      ? []
      : [['compared', comparisonText(run.comparison)] as const]),
    ...(run.receipt === undefined ? [] : [['receipt', run.receipt.digest] as const]),
  ]
  const rows = run.tasks.map((task) => taskRow(task, nowMs))
  const table = tableLines(['STAGE', 'TASK', 'STATE', 'TRIES', 'TOOK'], rows)
  const said = (run.interventions ?? []).map((one) => interventionLine(one, nowMs))
  return [...factLines(facts), '', ...table, ...(said.length === 0 ? [] : ['', ...said])]
}

function comparisonText({ bytesCompared, bytesDifferent }: ImageComparison): string {
  return bytesDifferent === 0
    ? `all ${bytesCompared} bytes are those of the image`
    : `${bytesDifferent} of ${bytesCompared} bytes lie in chunks that differ`
}

/** Every disk that is wiped, by its serial number, with what proves it; and every one that is not. */
function disksFacts({ disks = [], disksLeft = [], wipe }: Run): (readonly [string, string])[] {
  const left = disksLeft.map(
    ({ disk, reason }) => ['left', `${diskText(disk)}  ${shownText(reason, 200)}`] as const,
  )
  if (wipe === undefined) {
    const chosen = disks.map((disk) => ['disk', `${diskText(disk)}  (to be wiped)`] as const)
    return [...chosen, ...left]
  }
  const wiped = wipe.disks.map((disk) => ['wiped', wipedText(disk)] as const)
  return [...wiped, ...left, ['wipe', `${wipe.method}, in ${durationText(wipe.durationMs)}`]]
}

/** `12m ago  approve by operator:ann  write-image: disk checked` */
function interventionLine({ verb, by, atMs, task, note }: Intervention, nowMs: number): string {
  const why = note === undefined ? '' : `: ${shownText(note, 200)}`
  return `${durationText(nowMs - atMs)} ago  ${verb} by ${shownText(by, 60)}  ${task ?? '-'}${why}`
}

function taskRow(
  { stage, task, state, attempts, startedAtMs, endedAtMs }: RunTask,
  nowMs: number,
): string[] {
  const took = startedAtMs === undefined ? '-' : durationText((endedAtMs ?? nowMs) - startedAtMs)
  return [stage, task.name, state, `${attempts}/${task.retry.attempts}`, took]
}
