import type { Run, RunTask } from '../contract/run.ts'
import { durationText } from './duration-text.ts'
import { failureText } from './event-text.ts'
import { diskText } from './run-outcome.ts'
import { shownText } from './shown-text.ts'
import { factLines, tableLines } from './table-text.ts'
import { deadlineText, waitReason } from './wait-reason.ts'

/** A run for people: what it is, what it waits for, and its whole plan, task by task. */
export function runLines(run: Run, nowMs: number): string[] {
  const waits = waitReason(run, nowMs) ?? deadlineText(run, nowMs)
  const facts: (readonly [string, string])[] = [
    ['run', run.id],
    ['machine', shownText(run.machineName, 63)],
    ['workflow', `${run.workflow} ${run.params.imageName ?? ''}`.trimEnd()],
    ['state', run.state],
    ...(waits === undefined ? [] : [['now', waits] as const]),
    ...(run.disk === undefined
      ? []
      : [['disk', `${diskText(run.disk)}  (its data is replaced)`] as const]),
    ...(run.failure === undefined ? [] : [['failure', failureText(run.failure)] as const]),
    ...(run.receipt === undefined ? [] : [['receipt', run.receipt.digest] as const]),
  ]
  const rows = run.tasks.map((task) => taskRow(task, nowMs))
  return [...factLines(facts), '', ...tableLines(['STAGE', 'TASK', 'STATE', 'TRIES', 'TOOK'], rows)]
}

function taskRow(
  { stage, task, state, attempts, startedAtMs, endedAtMs }: RunTask,
  nowMs: number,
): string[] {
  const took = startedAtMs === undefined ? '-' : durationText((endedAtMs ?? nowMs) - startedAtMs)
  return [stage, task.name, state, `${attempts}/${task.retry.attempts}`, took]
}
