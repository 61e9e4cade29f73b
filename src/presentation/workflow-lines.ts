import type { Task, Workflow } from '../contract/workflow.ts'
import { durationText } from './duration-text.ts'
import { paramValueText } from './param-text.ts'
import { shownText } from './shown-text.ts'
import { factLines, tableLines } from './table-text.ts'

type Stage = Workflow['stages'][number]

/** A workflow for people: every task in its order, and what becomes of it when it fails. Inert. */
export function workflowLines({
  name,
  description,
  armedHours,
  stages,
  recovery,
}: Workflow): string[] {
  const rows = stages.flatMap((stage) => stage.tasks.map((task) => taskRow(stage.name, task)))
  const rescue = recovery.map((task) => taskRow('(recovery)', task))
  const meanings = stages.map((stage) => [stage.name, shownText(stage.description, 200)] as const)
  return [
    ...factLines([
      ['workflow', name],
      ['means', shownText(description, 300)],
      ['armed for', `${armedHours}h after it was ordered: later it chooses no disk`],
    ]),
    '',
    ...tableLines(['STAGE', 'MEANS'], meanings),
    '',
    ...tableLines(taskHeading, [...rows, ...rescue]),
  ]
}

/** One stage of a workflow: its params and its tasks. Inert. */
export function stageLines(
  workflow: string,
  { name, description, params, tasks }: Stage,
): string[] {
  const values = Object.entries(params).map(([param, value]) => [param, paramValueText(value)])
  return [
    ...factLines([
      ['stage', name],
      ['of', workflow],
      ['means', shownText(description, 300)],
    ]),
    ...(values.length === 0 ? [] : ['', ...tableLines(['PARAM', 'VALUE'], values)]),
    '',
    ...tableLines(
      taskHeading,
      tasks.map((task) => taskRow(name, task)),
    ),
  ]
}

const taskHeading = ['STAGE', 'TASK', 'ACTION', 'TIMEOUT', 'TRIES', 'ON ERROR', 'APPROVAL']

function taskRow(stage: string, task: Task): string[] {
  const { name, action, timeoutSeconds, retry, onError, needsApproval } = task
  return [
    ...[stage, name, action, durationText(timeoutSeconds * 1000), String(retry.attempts)],
    typeof onError === 'string' ? onError : `${onError.task}, then fail`,
    needsApproval || action === 'approve' ? 'needed' : '-',
  ]
}
