import { formatByteSize } from '../../base/byte-size.ts'
import { CodedError } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import type { ApprovedDisk, DiskChoiceRequest } from '../../contract/disk-choice/choice-request.ts'
import { identityDifferences } from '../../contract/disk-choice/disk-identity.ts'
import { type JudgedDisk, judgeDisks } from '../../contract/disk-choice/judge-disks.ts'
import type { Disk } from '../../contract/machine.ts'
import { DiskChangedError } from '../block-writer/errors.ts'
import { DiskUnreadableError, readBlockDevices } from '../linux/block-devices.ts'
import { withContents } from '../linux/disk-contents.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

type SelectDiskOrder = Extract<TaskOrder, { action: 'select-disk' }>

/** Not exactly one disk may be written: none, or more than one. Nothing was written. */
export class DiskNotSelectedError extends CodedError {
  readonly code = 'ERR_DISK_NOT_SELECTED'
  readonly matching: number

  constructor(matching: number, candidates: readonly string[]) {
    const found = matching === 0 ? 'no disk matches the rule' : `${matching} disks match the rule`
    const list = candidates.length === 0 ? 'the machine has no disk' : candidates.join('; ')
    super(`${found}: ${list}`.slice(0, 1900), {
      remedy: 'name the disk by serial or wwn in the workflow, or add or free one',
    })
    this.matching = matching
  }
}

/** @throws {DiskNotSelectedError} {@link DiskUnreadableError} {@link DiskChangedError} */
export async function runSelectDisk(
  world: AgentWorld,
  order: SelectDiskOrder,
  context: Pick<TaskContext, 'log'>,
): Promise<TaskOutcome> {
  const judged = await judgeOwnDisks(world, order, context)
  const disk = requireOne(judged)
  requireApproved(disk, order.approved?.[0])
  return { facts: { disk, ...dataDisksOf(judged) } }
}

/** Every disk of this machine, read and judged; the verdicts go to the log. @throws {DiskUnreadableError} */
export async function judgeOwnDisks(
  world: AgentWorld,
  request: DiskChoiceRequest,
  { log }: Pick<TaskContext, 'log'>,
): Promise<JudgedDisk[]> {
  const { disks, unreadable } = readBlockDevices(world.files)
  if (unreadable.length > 0) throw new DiskUnreadableError(unreadable)
  const judged = judgeDisks(await withContents(world.files, disks), request)
  for (const one of judged) log(describeVerdict(one))
  return judged
}

export function dataDisksOf(
  judged: readonly JudgedDisk[],
): Pick<TaskOutcome['facts'], 'dataDisks'> {
  const dataDisks = judged.flatMap((one) => (one.isDataDisk ? [one.disk] : []))
  return dataDisks.length === 0 ? {} : { dataDisks }
}

/**
 * The one disk that the request means.
 *
 * @throws {DiskNotSelectedError} unless exactly one matches; lists every disk with the reason
 */
export function selectDisk(disks: readonly Disk[], request: DiskChoiceRequest): Disk {
  return requireOne(judgeDisks(disks, request))
}

function requireOne(judged: readonly JudgedDisk[]): Disk {
  const [chosen, ...others] = judged.filter(({ refusal }) => refusal === undefined)
  if (chosen !== undefined && others.length === 0) return chosen.disk
  const matching = chosen === undefined ? 0 : others.length + 1
  throw new DiskNotSelectedError(matching, judged.map(describeVerdict))
}

export function describeVerdict({ disk, refusal = 'matches' }: JudgedDisk): string {
  const identity = disk.serial ?? disk.wwn ?? 'no serial'
  return `${disk.name} (${identity}, ${formatByteSize(disk.sizeBytes)}, ${disk.transport}): ${refusal}`
}

/** What a person agreed to lose is this disk, or nothing is lost. */
export function requireApproved(disk: Disk, approved: ApprovedDisk | undefined): void {
  if (approved === undefined) return
  const differences = identityDifferences(approved, disk)
  const { contents } = disk
  const fingerprint =
    contents === undefined || 'unreadable' in contents ? undefined : contents.fingerprint
  if (approved.fingerprint !== undefined && approved.fingerprint !== fingerprint) {
    differences.push('its first MiB is not what the plan showed')
  }
  if (differences.length > 0) throw new DiskChangedError(disk.path, differences)
}
