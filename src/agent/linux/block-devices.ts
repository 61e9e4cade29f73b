import { inertText } from '../../base/ascii.ts'
import { CodedError, messageOf } from '../../base/coded-error.ts'
import type { Disk } from '../../contract/machine.ts'
import { findDiskUsers } from './disk-users.ts'
import type { KernelFiles } from './kernel-files.ts'
import { physicalPathOf } from './physical-path.ts'

/** Kinds that are never a disk of the machine: made of other disks, of memory, or read-only media. */
const skippedNames = /^(?:loop|ram|zram|sr|fd|dm-|md|nbd|mtdblock|mmcblk\d+(?:boot|rpmb|gp))/

/** A fact that disk selection rests on cannot be read, so no disk may be chosen (fail closed). */
export class DiskUnreadableError extends CodedError {
  readonly code = 'ERR_DISK_UNREADABLE'
  readonly disks: readonly string[]

  constructor(disks: readonly string[]) {
    super(`cannot tell what these disks are: ${disks.join('; ')}`, {
      remedy: 'remove or replace the disk, or reboot the machine',
    })
    this.disks = disks
  }
}

export interface BlockDevices {
  readonly disks: readonly Disk[]
  /** One line for each disk whose facts could not be read; such a disk is not among `disks`. */
  readonly unreadable: readonly string[]
}

/** All disks, in the order of their names. Never throws. */
export function readBlockDevices(files: KernelFiles): BlockDevices {
  const disks: Disk[] = []
  const unreadable: string[] = []
  for (const name of files.names('/sys/block')) {
    if (skippedNames.test(name)) continue
    try {
      if (files.optionalText(`/sys/block/${name}/hidden`) === '1') continue
      disks.push(readDisk(files, name))
    } catch (error) {
      unreadable.push(`${name}: ${messageOf(error)}`)
    }
  }
  return { disks, unreadable }
}

/**
 * The facts of one block device by its kernel name.
 *
 * @throws {Error} when one that matters cannot be read or makes no sense
 */
export function readDisk(files: KernelFiles, name: string): Disk {
  const base = `/sys/block/${name}`
  const devicePath = files.realPath(base) ?? ''
  const numbers = (path: string) => readNumber(files, `${base}/${path}`)
  const texts = (...paths: string[]) => firstText(files, base, paths)
  return {
    name,
    path: `/dev/${name.replaceAll('!', '/')}`,
    sizeBytes: numbers('size') * 512,
    logicalSectorBytes: numbers('queue/logical_block_size'),
    physicalSectorBytes: numbers('queue/physical_block_size'),
    ...present('serial', texts('serial', 'device/serial') ?? readUnitSerial(files, base)),
    ...present('wwn', texts('wwid', 'device/wwid')),
    ...present('model', texts('device/model', 'device/name')),
    ...present('vendor', texts('device/vendor')),
    ...present('physicalPath', physicalPathOf(files, name, devicePath)),
    transport: transportOf(name, devicePath, texts('device/transport'), texts('device/type')),
    rotational: numbers('queue/rotational') === 1,
    removable: numbers('removable') === 1,
    readOnly: numbers('ro') === 1,
    inUseBy: findDiskUsers(files, name),
  }
}

function present<Key extends string>(
  key: Key,
  value: string | undefined,
): Partial<Record<Key, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, string>)
}

function firstText(files: KernelFiles, base: string, paths: string[]): string | undefined {
  for (const path of paths) {
    const text = files.optionalText(`${base}/${path}`)
    if (text !== undefined) return inertText(text.replaceAll('\0', '').trim()) || undefined
  }
  return undefined
}

/** SCSI vital product data page 0x80: four bytes of header, then the serial number (SPC-4 §7.8.13). */
function readUnitSerial(files: KernelFiles, base: string): string | undefined {
  const page = files.optionalBytes(`${base}/device/vpd_pg80`)
  if (page === undefined || page.length <= 4) return undefined
  const text = page.subarray(4, 4 + page.readUInt16BE(2)).toString('latin1')
  return inertText(text.replaceAll('\0', '').trim()) || undefined
}

function readNumber(files: KernelFiles, path: string): number {
  const text = files.text(path)
  if (!/^\d+$/.test(text)) throw new RangeError(`${path} is not a number: ${inertText(text, 40)}`)
  return Number(text)
}

/** How the disk is attached, as the path of its device in the tree of buses tells. */
function transportOf(
  name: string,
  devicePath: string,
  nvmeTransport: string | undefined,
  deviceType: string | undefined,
): string {
  if (name.startsWith('nvme')) {
    if (nvmeTransport === undefined || nvmeTransport === 'pcie') return 'nvme'
    return inertText(`nvme-${nvmeTransport}`, 32)
  }
  const kinds: [RegExp, string][] = [
    [/\/usb\d/, 'usb'],
    [/\/session\d+\//, 'iscsi'],
    [/\/rport-/, 'fc'],
    [/\/end_device-/, 'sas'],
    [/\/ata\d+\//, 'sata'],
    [/\/mmc_host\//, deviceType === 'SD' ? 'sd-card' : 'mmc'],
    [/\/host\d+\//, 'scsi'],
    [/\/virtio\d+\//, 'virtio'],
  ]
  return kinds.find(([pattern]) => pattern.test(devicePath))?.[1] ?? 'unknown'
}
