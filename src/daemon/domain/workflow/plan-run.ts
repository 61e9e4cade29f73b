import type { Digest } from '../../../base/digest.ts'
import type { ApprovedDisk } from '../../../contract/disk-choice/choice-request.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { FrozenParams } from '../../../contract/param.ts'
import type { Run, RunParams, RunTask } from '../../../contract/run.ts'
import type { Task, TaskAction, Workflow } from '../../../contract/workflow.ts'
import { isSelecting } from './disk-choice.ts'
import { WorkflowInvalidError } from './errors.ts'
import { endsBoot } from './run-step.ts'

export interface RunRequest {
  readonly id: string
  readonly machine: Machine
  readonly workflow: Workflow
  readonly params: RunParams
  readonly frozenParams?: FrozenParams
  readonly imageDigest?: Digest
  /** The disk that a person saw in the plan. */
  readonly approvedDisk?: ApprovedDisk
  /** The same where several are chosen. */
  readonly approvedDisks?: readonly ApprovedDisk[]
  /** A breakpoint. */
  readonly stopAt?: string
  /** Set where a boot of the machine begins the run. */
  readonly begunByBoot?: true
  readonly previousImageDigest?: Digest
  readonly nowMs: number
}

const hourMs = 3_600_000
/** The stage under which the tasks of `recovery` are shown. */
export const recoveryStage = 'recovery'

/**
 * A run before its first step: the whole task list, flattened and visible.
 *
 * @throws {WorkflowInvalidError} when the workflow could not prove what it would report
 */
export function planRun(request: RunRequest): Run {
  const { machine, workflow } = request
  const tasks = tasksOf(workflow)
  checkWorkflow(workflow)
  return {
    id: request.id,
    machineId: machine.id,
    machineName: machine.name,
    workflow: workflow.name,
    params: request.params,
    ...(request.frozenParams === undefined ? {} : { frozenParams: request.frozenParams }),
    state: 'queued',
    tasks,
    taskIndex: 0,
    ...(request.imageDigest === undefined ? {} : { imageDigest: request.imageDigest }),
    ...(request.approvedDisk === undefined ? {} : { approvedDisk: request.approvedDisk }),
    ...(request.approvedDisks === undefined ? {} : { approvedDisks: [...request.approvedDisks] }),
    ...(request.stopAt === undefined ? {} : { stopAt: request.stopAt }),
    ...(request.begunByBoot === undefined ? {} : { begunByBoot: true }),
    ...(request.previousImageDigest === undefined
      ? {}
      : { previousImageDigest: request.previousImageDigest }),
    armedUntilMs: request.nowMs + workflow.armedHours * hourMs,
    createdAtMs: request.nowMs,
    revision: 0,
  }
}

/** Every task that a run of it may do, those of recovery last. */
export function tasksOf(workflow: Workflow): RunTask[] {
  const ordered = workflow.stages.flatMap((stage) =>
    stage.tasks.map((task): RunTask => ({
      stage: stage.name,
      task,
      state: 'pending',
      attempts: 0,
    })),
  )
  const recovery = workflow.recovery.map((task): RunTask => ({
    stage: recoveryStage,
    task,
    isRecovery: true,
    state: 'pending',
    attempts: 0,
  }))
  return [...ordered, ...recovery]
}

export function capturesImage(workflow: Workflow): boolean {
  return tasksOf(workflow).some(({ task }) => task.action === 'capture-image')
}

/** Whether a run of it needs an image: to write it, or to compare a disk with it. */
export function needsImage(workflow: Workflow): boolean {
  return tasksOf(workflow).some(
    ({ task }) => task.action === 'write-image' || task.action === 'verify-image',
  )
}

/** Whether a run of it brings a script of its own. */
export function needsScript(workflow: Workflow): boolean {
  return tasksOf(workflow).some(({ task }) => task.action === 'script' && task.script === undefined)
}

/** What must have been done, somewhere before: one of these. */
const prerequisites: Partial<Record<TaskAction, readonly TaskAction[]>> = {
  'write-image': ['select-disk'],
  'verify-image': ['select-disk'],
  'wipe-disk': ['select-disk', 'select-disks'],
  'write-seed': ['write-image'],
  kexec: ['write-image'],
  'capture-image': ['select-disk'],
  'system-script': ['write-seed'],
  'await-phone-home': ['write-seed'],
}

/** @throws {WorkflowInvalidError} */
export function checkWorkflow({ name, stages, recovery }: Workflow): void {
  const tasks = stages.flatMap((stage) => stage.tasks)
  checkTasks(name, tasks)
  const names = new Set(recovery.map((task) => task.name))
  for (const task of tasks) {
    if (typeof task.onError !== 'string' && !names.has(task.onError.task)) {
      throw new WorkflowInvalidError(name, `${task.onError.task} is no task of its recovery`)
    }
  }
  for (const task of recovery) {
    if (prerequisites[task.action] !== undefined || isSelecting(task)) {
      throw new WorkflowInvalidError(name, `${task.action} is no task for a recovery`)
    }
    if (typeof task.onError !== 'string') {
      throw new WorkflowInvalidError(name, `${task.name} is a recovery and has one of its own`)
    }
  }
}

function checkTasks(workflow: string, tasks: readonly Task[]): void {
  if (tasks.length === 0) throw new WorkflowInvalidError(workflow, 'it has no tasks')
  for (const [index, task] of tasks.entries()) {
    const before = tasks.slice(0, index)
    const required = prerequisites[task.action]
    if (required !== undefined && !before.some(({ action }) => required.includes(action))) {
      const names = required.join(' or ')
      throw new WorkflowInvalidError(workflow, `${task.name} needs a ${names} task before it`)
    }
    const other = task.action === 'select-disks' ? 'select-disk' : 'select-disks'
    if (isSelecting(task) && before.some(({ action }) => action === other)) {
      throw new WorkflowInvalidError(workflow, 'it chooses one disk and several')
    }
    const isOnce = required !== undefined && !isRepeatable(task.action)
    if (isOnce && before.some(({ action }) => action === task.action)) {
      throw new WorkflowInvalidError(workflow, `${task.action} stands in it twice`)
    }
    if (task.action === 'system-script' && !isAfterItsBoot(before)) {
      const place = `${task.name} belongs between the restart and await-phone-home`
      throw new WorkflowInvalidError(workflow, place)
    }
    if (task.onError === 'continue' && isProof(task)) {
      throw new WorkflowInvalidError(workflow, `${task.name} proves the run and may not be skipped`)
    }
  }
}

function isRepeatable(action: TaskAction): boolean {
  return action === 'verify-image' || action === 'system-script'
}

/** What the new system does it does on its first boot, before it calls home. */
function isAfterItsBoot(before: readonly Task[]): boolean {
  const seed = before.findIndex(({ action }) => action === 'write-seed')
  const isHome = before.some(({ action }) => action === 'await-phone-home')
  return !isHome && before.slice(seed).some(({ action }) => endsBoot(action))
}

function isProof(task: Task): boolean {
  if (isRepeatable(task.action) || task.action === 'kexec') return false
  return isSelecting(task) || prerequisites[task.action] !== undefined
}
