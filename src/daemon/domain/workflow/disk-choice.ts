import type {
  ApprovedDisk,
  DiskChoiceRequest,
} from '../../../contract/disk-choice/choice-request.ts'
import type { Disk, Machine } from '../../../contract/machine.ts'
import type { Failure, Run, RunTask } from '../../../contract/run.ts'
import { smallestSeededDisk } from '../../../contract/seed.ts'
import type { DiskRule, Task } from '../../../contract/workflow.ts'

type SelectDiskTask = Extract<Task, { action: 'select-disk' }>

/** What the agent, and the plan before it, choose the disk by. */
export function diskChoiceFor(
  { disk: rule, dataDisks, overwrite }: SelectDiskTask,
  { protectedDisks = [] }: Machine,
  imageBytes: number | undefined,
): DiskChoiceRequest {
  const minimumBytes = imageBytes === undefined ? 0 : smallestSeededDisk(imageBytes)
  return { rule, dataDisks, overwrite, protectedDisks, minimumBytes }
}

/** A rebuild keeps to the disk of the last deployment: no other is chosen in its place. */
export function narrowed(
  task: SelectDiskTask,
  { previousImageDigest, approvedDisk }: Pick<Run, 'previousImageDigest' | 'approvedDisk'>,
): SelectDiskTask {
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

/** Why no disk may be chosen now; undefined when one may. */
export function choiceForbidden(
  run: Pick<Run, 'armedUntilMs'>,
  nowMs: number,
): Failure | undefined {
  if (run.armedUntilMs === undefined || nowMs <= run.armedUntilMs) return undefined
  return {
    code: 'ERR_RUN_STALE',
    message: 'the order is too old to choose a disk by: approve the run, or order it anew',
    retryable: false,
  }
}
