import type { Digest } from '../../../base/digest.ts'
import type { ApprovedDisk } from '../../../contract/disk-choice/choice-request.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run, RunParams, RunTask } from '../../../contract/run.ts'
import type { Task, TaskAction, Workflow } from '../../../contract/workflow.ts'
import { WorkflowInvalidError } from './errors.ts'

export interface RunRequest {
  readonly id: string
  readonly machine: Machine
  readonly workflow: Workflow
  readonly params: RunParams
  readonly imageDigest?: Digest
  /** The disk that a person saw in the plan. */
  readonly approvedDisk?: ApprovedDisk
  readonly nowMs: number
}

const hourMs = 3_600_000

/**
 * A run before its first step: the whole task list, flattened and visible.
 *
 * @throws {WorkflowInvalidError} when the workflow could not prove what it would report
 */
export function planRun(request: RunRequest): Run {
  const { machine, workflow } = request
  const tasks = workflow.stages.flatMap((stage) =>
    stage.tasks.map((task): RunTask => ({
      stage: stage.name,
      task,
      state: 'pending',
      attempts: 0,
    })),
  )
  checkTasks(
    workflow.name,
    tasks.map(({ task }) => task),
  )
  return {
    id: request.id,
    machineId: machine.id,
    machineName: machine.name,
    workflow: workflow.name,
    params: request.params,
    state: 'queued',
    tasks,
    taskIndex: 0,
    ...(request.imageDigest === undefined ? {} : { imageDigest: request.imageDigest }),
    ...(request.approvedDisk === undefined ? {} : { approvedDisk: request.approvedDisk }),
    armedUntilMs: request.nowMs + workflow.armedHours * hourMs,
    createdAtMs: request.nowMs,
    revision: 0,
  }
}

export function capturesImage(workflow: Workflow): boolean {
  return workflow.stages.some(({ tasks }) => tasks.some(({ action }) => action === 'capture-image'))
}

export function writesImage(workflow: Workflow): boolean {
  return workflow.stages.some(({ tasks }) => tasks.some(({ action }) => action === 'write-image'))
}

/** What must have been done, somewhere before. */
const prerequisites: Partial<Record<TaskAction, TaskAction>> = {
  'write-image': 'select-disk',
  'write-seed': 'write-image',
  'capture-image': 'select-disk',
  'await-phone-home': 'write-seed',
}

function checkTasks(workflow: string, tasks: readonly Task[]): void {
  if (tasks.length === 0) throw new WorkflowInvalidError(workflow, 'it has no tasks')
  for (const [index, task] of tasks.entries()) {
    const before = tasks.slice(0, index)
    const required = prerequisites[task.action]
    if (required !== undefined && !before.some(({ action }) => action === required)) {
      throw new WorkflowInvalidError(workflow, `${task.name} needs a ${required} task before it`)
    }
    if (required !== undefined && before.some(({ action }) => action === task.action)) {
      throw new WorkflowInvalidError(workflow, `${task.action} stands in it twice`)
    }
    if (task.onError === 'continue' && isProof(task.action)) {
      throw new WorkflowInvalidError(workflow, `${task.name} proves the run and may not be skipped`)
    }
  }
}

function isProof(action: TaskAction): boolean {
  return action === 'select-disk' || prerequisites[action] !== undefined
}
