import { CodedError } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import type { ApprovedDisk } from '../../contract/disk-choice/choice-request.ts'
import { identityDifferences } from '../../contract/disk-choice/disk-identity.ts'
import type { JudgedDisk } from '../../contract/disk-choice/judge-disks.ts'
import type { Disk } from '../../contract/machine.ts'
import { dataDisksOf, describeVerdict, judgeOwnDisks, requireApproved } from './select-disk.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

type SelectDisksOrder = Extract<TaskOrder, { action: 'select-disks' }>

/** Nothing may be chosen as long as one disk can be neither chosen nor left. Nothing was written. */
export class DisksNotSelectedError extends CodedError {
  readonly code = 'ERR_DISKS_NOT_SELECTED'

  constructor(reason: string, verdicts: readonly string[]) {
    super(`${reason}: ${verdicts.join('; ')}`.slice(0, 1900), {
      remedy: 'protect the disk on this machine, free it, or name what may be lost in `overwrite`',
    })
  }
}

/**
 * Every disk that is meant, by serial number, and every one that is left, with the reason.
 *
 * @throws {DisksNotSelectedError} {@link DiskUnreadableError} {@link DiskChangedError}
 */
export async function runSelectDisks(
  world: AgentWorld,
  order: SelectDisksOrder,
  context: Pick<TaskContext, 'log'>,
): Promise<TaskOutcome> {
  const judged = await judgeOwnDisks(world, order, context)
  const disks = requireAll(judged)
  if (order.approved !== undefined) requireTheApproved(disks, order.approved)
  const disksLeft = judged.flatMap(({ disk, refusal }) =>
    refusal === undefined ? [] : [{ disk, reason: refusal }],
  )
  return { facts: { disks, disksLeft, ...dataDisksOf(judged) } }
}

/** A disk that hides behind a refusal would be one that nobody wiped, and everybody thinks is. */
function requireAll(judged: readonly JudgedDisk[]): Disk[] {
  const inTheWay = judged.filter(({ refusal, isLeft }) => refusal !== undefined && !isLeft)
  if (inTheWay.length > 0) {
    const reason = `${inTheWay.length === 1 ? 'a disk' : `${inTheWay.length} disks`} may not be wiped`
    throw new DisksNotSelectedError(reason, inTheWay.map(describeVerdict))
  }
  const disks = judged.flatMap(({ disk, refusal }) => (refusal === undefined ? [disk] : []))
  if (disks.length > 0) return disks
  const verdicts = judged.length === 0 ? ['the machine has no disk'] : judged.map(describeVerdict)
  throw new DisksNotSelectedError('no disk is left to wipe', verdicts)
}

/** These disks and no others, all of them: one that is missing would come back unwiped. */
function requireTheApproved(disks: readonly Disk[], approved: readonly ApprovedDisk[]): void {
  const isSame = (one: ApprovedDisk, disk: Disk) => identityDifferences(one, disk).length === 0
  for (const disk of disks) {
    const match = approved.find((one) => isSame(one, disk))
    if (match === undefined) {
      throw new DisksNotSelectedError('the plan did not show this disk', [nameOf(disk)])
    }
    requireApproved(disk, match)
  }
  const missing = approved.filter((one) => !disks.some((disk) => isSame(one, disk)))
  if (missing.length === 0) return
  throw new DisksNotSelectedError('the plan showed what is not to be found', missing.map(nameOf))
}

function nameOf({ serial, wwn, physicalPath }: ApprovedDisk | Disk): string {
  return serial ?? wwn ?? physicalPath ?? 'a disk without a name'
}
