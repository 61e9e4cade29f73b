import { formatByteSize } from '../../base/byte-size.ts'
import { CodedError } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import type { Disk } from '../../contract/machine.ts'
import type { DiskRule } from '../../contract/workflow.ts'
import { DiskUnreadableError, readBlockDevices } from '../linux/block-devices.ts'
import type { AgentWorld, TaskOutcome } from './task-context.ts'

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

/** @throws {DiskNotSelectedError} {@link DiskUnreadableError} */
export function runSelectDisk(world: AgentWorld, order: SelectDiskOrder): TaskOutcome {
  const { disks, unreadable } = readBlockDevices(world.files)
  if (unreadable.length > 0) throw new DiskUnreadableError(unreadable)
  return { facts: { disk: selectDisk(disks, order.rule, order.minimumBytes) } }
}

/**
 * The one disk that the rule means.
 *
 * @throws {DiskNotSelectedError} unless exactly one matches; lists every disk with the reason
 */
export function selectDisk(disks: readonly Disk[], rule: DiskRule, minimumBytes: number): Disk {
  const judged = disks.map((disk) => ({ disk, refusal: refuseDisk(disk, rule, minimumBytes) }))
  const [chosen, ...others] = judged.filter(({ refusal }) => refusal === undefined)
  if (chosen !== undefined && others.length === 0) return chosen.disk
  const candidates = judged.map(({ disk, refusal }) => `${describe(disk)}: ${refusal ?? 'matches'}`)
  throw new DiskNotSelectedError(chosen === undefined ? 0 : others.length + 1, candidates)
}

function describe(disk: Disk): string {
  const identity = disk.serial ?? disk.wwn ?? 'no serial'
  return `${disk.name} (${identity}, ${formatByteSize(disk.sizeBytes)}, ${disk.transport})`
}

/** Why this disk is not written, or undefined when it may be. */
function refuseDisk(disk: Disk, rule: DiskRule, minimumBytes: number): string | undefined {
  return refuseByRule(disk, rule) ?? refuseByKind(disk, rule) ?? refuseBySize(disk, minimumBytes)
}

function refuseByRule(disk: Disk, rule: DiskRule): string | undefined {
  for (const fact of ['serial', 'wwn', 'model', 'rotational', 'transport'] as const) {
    if (rule[fact] !== undefined && rule[fact] !== disk[fact]) {
      return `${fact} is ${disk[fact] ?? 'unknown'}, not ${rule[fact]}`
    }
  }
  if (rule.minimumBytes !== undefined && disk.sizeBytes < rule.minimumBytes) {
    return `smaller than ${formatByteSize(rule.minimumBytes)}`
  }
  if (rule.maximumBytes !== undefined && disk.sizeBytes > rule.maximumBytes) {
    return `larger than ${formatByteSize(rule.maximumBytes)}`
  }
  return undefined
}

const sharedTransports = /^(?:iscsi|fc|nvme-.*)$/

/** What no rule unlocks, and what only naming that very disk does. */
function refuseByKind(disk: Disk, rule: DiskRule): string | undefined {
  if (disk.inUseBy.length > 0) return `in use (${disk.inUseBy.join(', ')})`
  if (disk.readOnly) return 'read-only'
  if (rule.serial !== undefined || rule.wwn !== undefined) return undefined
  if (disk.removable) return 'removable'
  if (disk.transport === 'usb') return 'USB'
  if (sharedTransports.test(disk.transport)) return `shared storage (${disk.transport})`
  return undefined
}

function refuseBySize(disk: Disk, minimumBytes: number): string | undefined {
  if (disk.sizeBytes >= minimumBytes) return undefined
  return `too small: the image needs ${formatByteSize(minimumBytes)} (${minimumBytes} bytes), it has ${disk.sizeBytes} bytes`
}
