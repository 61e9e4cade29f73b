import { type FileHandle, open } from 'node:fs/promises'
import { getSystemErrorName } from 'node:util'

import type { Disk } from '../../contract/machine.ts'
import {
  type AdminCommand,
  dataAddressOffset,
  encodeAdminCommand,
  eraseCommand,
  identifyCommand,
  readControllerAbilities,
} from '../../protocol/nvme/admin-command.ts'
import type { KernelFiles } from '../linux/kernel-files.ts'
import { DriveEraseError } from './errors.ts'

/** NVME_IOCTL_ID and NVME_IOCTL_ADMIN_CMD, linux/nvme_ioctl.h. */
const ioctlNamespaceId = 0x4e40
const ioctlAdminCommand = 0xc0484e41

/** Drives that overwrite to erase take hours. */
const formatTimeoutMs = 4 * 3_600_000

/** ioctl(2) on a thread of its own, for a drive takes as long as it takes. */
interface NativeCalls {
  /** A negative errno on failure. */
  ioctl(descriptor: number, request: number, argument: Uint8Array | null): Promise<number>
  /** Valid as long as `bytes` lives: what is larger than 64 bytes does not move. */
  addressOf(bytes: Uint8Array): bigint
}

/**
 * Has an NVMe drive erase the user data of this namespace, and of no other.
 *
 * @throws {DriveEraseError} where it cannot, or where it would erase its other namespaces as well
 */
export async function formatNvme(disk: Disk, files: KernelFiles): Promise<void> {
  await using device = await open(files.absolutePath(disk.path), 'r')
  const calls = await loadCalls()
  const namespaceId = await calls.ioctl(device.fd, ioctlNamespaceId, null)
  if (namespaceId <= 0)
    throw new DriveEraseError(disk.path, 'it does not say which namespace it is')
  const send = (command: AdminCommand) => sendCommand(calls, device, disk, command)
  const { canFormat, formatsAll } = readControllerAbilities(
    await send(identifyCommand('controller')),
  )
  if (!canFormat) throw new DriveEraseError(disk.path, 'its controller formats nothing')
  if (formatsAll && siblingsOf(disk, files).length > 0) {
    const reason = `its controller would erase ${siblingsOf(disk, files).join(', ')} as well`
    throw new DriveEraseError(disk.path, reason)
  }
  const identify = await send(identifyCommand('namespace', namespaceId))
  await send(eraseCommand(namespaceId, identify, formatTimeoutMs))
}

/** Other namespaces of the same controller. */
function siblingsOf({ name }: Disk, files: KernelFiles): string[] {
  const controller = /^(nvme\d+)n/.exec(name)?.[1]
  return files
    .names('/sys/block')
    .filter((other) => other !== name && other.startsWith(`${controller}n`))
}

/** What the command answers with. @throws {DriveEraseError} */
async function sendCommand(
  { ioctl, addressOf }: NativeCalls,
  { fd }: FileHandle,
  { path }: Disk,
  command: AdminCommand,
): Promise<Uint8Array> {
  const data = new Uint8Array(command.dataBytes ?? 0)
  const bytes = encodeAdminCommand(command)
  if (data.length > 0) {
    new DataView(bytes.buffer).setBigUint64(dataAddressOffset, addressOf(data), true)
  }
  const status = await ioctl(fd, ioctlAdminCommand, bytes)
  if (status === 0) return data
  const reason = status < 0 ? getSystemErrorName(status) : `status 0x${status.toString(16)}`
  throw new DriveEraseError(path, `command 0x${command.opcode.toString(16)}: ${reason}`)
}

/** Loaded only where a drive is spoken to: it is native code. */
async function loadCalls(): Promise<NativeCalls> {
  const { default: koffi } = await import('koffi')
  const call = koffi
    .load('libc.so.6')
    .func('int ioctl(int fd, unsigned long request, void *argument)')
  return {
    ioctl: (descriptor, request, argument) =>
      new Promise((resolve, reject) => {
        call.async(descriptor, request, argument, (error: Error | null, status: number) => {
          if (error === null) resolve(status === -1 ? -koffi.errno() : status)
          else reject(error)
        })
      }),
    addressOf: (bytes) => koffi.address(bytes),
  }
}
