import type {
  ApprovedDisk,
  DiskChoiceRequest,
} from '../../../contract/disk-choice/choice-request.ts'
import type { Disk, Machine } from '../../../contract/machine.ts'
import type { Failure, Run, RunTask } from '../../../contract/run.ts'
import { smallestSeededDisk } from '../../../contract/seed.ts'
import type { DiskRule, Task } from '../../../contract/workflow.ts'
import { contestedText } from '../machine/standing.ts'

type SelectDiskTask = Extract<Task, { action: 'select-disk' }>
export type SelectingTask = Extract<Task, { action: 'select-disk' | 'select-disks' }>

export function isSelecting(task: Task): task is SelectingTask {
  return task.action === 'select-disk' || task.action === 'select-disks'
}

/** What the agent, and the plan before it, choose the disk by, or the disks. */
export function diskChoiceFor(
  task: SelectingTask,
  { protectedDisks = [] }: Machine,
  imageBytes: number | undefined,
): DiskChoiceRequest {
  const { dataDisks, overwrite } = task
  const minimumBytes = imageBytes === undefined ? 0 : smallestSeededDisk(imageBytes)
  const request = { dataDisks, overwrite, protectedDisks }
  return task.action === 'select-disk'
    ? { ...request, rule: task.disk, minimumBytes }
    : { ...request, rule: task.disks, minimumBytes: 0, takesAll: true }
}

/** A rebuild keeps to the disk of the last deployment: no other is chosen in its place. */
export function narrowed<Choice extends SelectingTask>(
  task: Choice,
  { previousImageDigest, approvedDisk }: Pick<Run, 'previousImageDigest' | 'approvedDisk'>,
): Choice | SelectDiskTask {
  if (task.action === 'select-disks') return task
  if (previousImageDigest === undefined || approvedDisk === undefined) return task
  return { ...task, disk: { ...task.disk, ...ruleFor(approvedDisk) } }
}

function ruleFor({ serial, wwn, physicalPath, sizeBytes }: ApprovedDisk): DiskRule {
  if (serial !== undefined) return { serial }
  if (wwn !== undefined) return { wwn }
  const place = physicalPath === undefined ? {} : { path: physicalPath }
  return { ...place, minimumBytes: sizeBytes, maximumBytes: sizeBytes }
}

/** The frozen disk for its first write; later ones find what the write before them left there. */
export function frozenDisk(disk: Disk, task: RunTask | undefined): Disk {
  return task !== undefined && isFirstTry(task) ? disk : withoutContents(disk)
}

/** The disk by what it is, whatever lies on it by now. */
export function withoutContents(disk: Disk): Disk {
  const { contents: _contents, ...rest } = disk
  return rest
}

/** The first try alone began when the task did; `attempts` starts anew when a held run goes on. */
function isFirstTry({ task, startedAtMs = 0, deadlineAtMs = 0 }: RunTask): boolean {
  return deadlineAtMs - task.timeoutSeconds * 1000 === startedAtMs
}

/** Why no disk of the machine may be chosen now; undefined when one may. */
export function choiceForbidden(
  run: Pick<Run, 'armedUntilMs'>,
  machine: Machine,
  world: { readonly nowMs: number; readonly machines: readonly Machine[] },
): Failure | undefined {
  if (run.armedUntilMs !== undefined && world.nowMs > run.armedUntilMs) {
    return refusal(
      'ERR_RUN_STALE',
      'the order is too old to choose a disk by: approve the run, or order it anew',
    )
  }
  const doubt = machine.conflict?.because ?? rivalText(machine, world.machines)
  return doubt === undefined ? undefined : refusal('ERR_MACHINE_IN_CONFLICT', doubt)
}

/** Another that may be the same machine: neither is written before a person has told them apart. */
function rivalText({ id }: Machine, machines: readonly Machine[]): string | undefined {
  const rival = machines.find(
    ({ conflict, retirement }) =>
      retirement === undefined && conflict?.others.some(({ machineId }) => machineId === id),
  )
  return rival && contestedText(rival)
}

function refusal(code: string, message: string): Failure {
  return { code, message, retryable: false }
}
