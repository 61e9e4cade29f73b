import { formatByteSize } from '../../base/byte-size.ts'
import type { Disk } from '../machine.ts'
import type { DiskRule } from '../workflow.ts'
import type { DiskChoiceRequest } from './choice-request.ts'
import { contentRefusal, keepReason } from './content-refusal.ts'
import { hasIdentity, identityDifferences, type SeenDisk, uniteDualPorts } from './disk-identity.ts'
import { ruleMismatch } from './match-rule.ts'

/** A disk, and why it is not the one to write; without a reason it may be. */
export interface JudgedDisk extends SeenDisk {
  readonly refusal?: string
  /** Whether a rule names it as one whose data stay. */
  readonly isDataDisk: boolean
  /**
   * Whether it is left alone because that is what is wanted: it is not meant, is to be kept, or is none of
   * the machine's own. Any other refusal stands in the way of what is wanted.
   */
  readonly isLeft: boolean
}

export interface JudgeOptions {
  /** Whether a disk counts as empty while nobody has read it: for a plan, and never for a write. */
  readonly isUnreadOpen?: boolean
}

interface Refusal {
  readonly reason: string
  readonly isLeft: boolean
}

/**
 * Every disk of the machine with the verdict on it. Agent and daemon judge by this one list of rules:
 * what a plan shows is what the agent will find. Only a single disk without a refusal may be written.
 */
export function judgeDisks(
  disks: readonly Disk[],
  request: DiskChoiceRequest,
  options: JudgeOptions = {},
): JudgedDisk[] {
  const seen = uniteDualPorts(disks)
  const all = seen.map(({ disk }) => disk)
  return seen.map((one) => {
    const isDataDisk = request.dataDisks.some((rule) => ruleMismatch(one.disk, rule) === undefined)
    const refusal = isDataDisk
      ? { reason: 'a data disk: kept', isLeft: true }
      : refuse(one, all, request, options)
    const verdict = refusal === undefined ? {} : { refusal: refusal.reason }
    return { ...one, isDataDisk, isLeft: refusal?.isLeft ?? false, ...verdict }
  })
}

function refuse(
  seen: SeenDisk,
  all: readonly Disk[],
  request: DiskChoiceRequest,
  { isUnreadOpen = false }: JudgeOptions,
): Refusal | undefined {
  const { disk } = seen
  const isOpen = isUnreadOpen && disk.contents === undefined
  const left =
    ruleMismatch(disk, request.rule) ??
    protectedReason(disk, request) ??
    keepReason(disk) ??
    foreignReason(disk, request.rule)
  if (left !== undefined) return { reason: left, isLeft: true }
  const reason =
    stateReason(disk) ??
    pathsReason(seen, all, request) ??
    namelessReason(disk, all, request) ??
    (isOpen ? undefined : contentRefusal(disk, all, request)) ??
    sizeReason(disk, request)
  return reason === undefined ? undefined : { reason, isLeft: false }
}

function protectedReason(
  { serial, wwn }: Disk,
  { protectedDisks }: DiskChoiceRequest,
): string | undefined {
  const named = [serial, wwn].find((name) => name !== undefined && protectedDisks.includes(name))
  return named === undefined ? undefined : `protected on this machine (${named})`
}

/** What no rule unlocks. */
function stateReason(disk: Disk): string | undefined {
  if (disk.inUseBy.length > 0) return `in use (${disk.inUseBy.join(', ')})`
  return disk.readOnly ? 'read-only' : undefined
}

const sharedTransports = /^(?:iscsi|fc|nvme-.*)$/
const virtualMedia = /virtual\s*(?:media|cd|dvd|floppy|hdisk|disk drive)|lcdrive/i

/** What only naming that very disk unlocks: by its serial number, or, where paths cross a network, its WWN. */
function foreignReason(disk: Disk, rule: DiskRule): string | undefined {
  if (rule.serial === undefined) {
    if (disk.removable) return 'removable'
    if (disk.transport === 'usb') return 'USB'
    if (disk.transport === 'sd-card') return 'an SD card'
    if (virtualMedia.test(`${disk.vendor ?? ''} ${disk.model ?? ''}`)) return 'virtual media'
  }
  return rule.wwn === undefined && sharedTransports.test(disk.transport)
    ? `shared storage (${disk.transport})`
    : undefined
}

/** Which of several the machine means. Where all are meant, several namespaces are just several disks. */
function pathsReason(
  { disk, alsoAs }: SeenDisk,
  all: readonly Disk[],
  { rule, takesAll }: DiskChoiceRequest,
): string | undefined {
  if (rule.wwn !== undefined) return undefined
  if (alsoAs.length > 0) return `seen over several paths (also ${alsoAs.join(', ')})`
  return takesAll === undefined && rule.path === undefined && isOneOfSeveralNamespaces(disk, all)
    ? 'one of several NVMe namespaces'
    : undefined
}

function isOneOfSeveralNamespaces(disk: Disk, all: readonly Disk[]): boolean {
  const controller = controllerOf(disk)
  return (
    controller !== undefined &&
    all.some((other) => other !== disk && controllerOf(other) === controller)
  )
}

function controllerOf({ name }: Disk): string | undefined {
  return /^(nvme\d+)n\d+$/.exec(name)?.[1]
}

/** Without a name of its own a disk is only known by its place: that and its size a person has to confirm. */
function namelessReason(
  disk: Disk,
  all: readonly Disk[],
  { rule, approved = [], takesAll }: DiskChoiceRequest,
): string | undefined {
  if (hasIdentity(disk, all)) return undefined
  const what =
    disk.serial === undefined && disk.wwn === undefined
      ? 'has neither serial nor WWN'
      : 'shares its serial or WWN with another disk'
  const isNamed = rule.path !== undefined && (rule.minimumBytes ?? rule.maximumBytes) !== undefined
  if (!isNamed && takesAll === undefined) return `${what}: name it by path and size`
  const isConfirmed =
    disk.physicalPath !== undefined &&
    approved.some(
      (one) =>
        one.physicalPath === disk.physicalPath && identityDifferences(one, disk).length === 0,
    )
  return isConfirmed ? undefined : `${what}: a person has to confirm its plan`
}

function sizeReason({ sizeBytes }: Disk, { minimumBytes }: DiskChoiceRequest): string | undefined {
  if (sizeBytes >= minimumBytes) return undefined
  return `too small: the image needs ${formatByteSize(minimumBytes)} (${minimumBytes} bytes), it has ${sizeBytes} bytes`
}
