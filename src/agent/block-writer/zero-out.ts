import { getSystemErrorName } from 'node:util'

import type { KernelFiles } from '../linux/kernel-files.ts'
import { DiskIoError } from './errors.ts'
import type { ByteRange } from './write-plan.ts'

/** FALLOC_FL_ZERO_RANGE and FALLOC_FL_KEEP_SIZE, linux/falloc.h: it stays allocated, and reads as zeros. */
const zeroRange = 0x11

/** What is meant by "not here": everything else is a disk that fails. */
const unsupported = ['EOPNOTSUPP', 'ENOTSUP', 'EINVAL', 'ENODEV', 'ENOSYS']

/** Calls fallocate(2) on a thread of its own, because a drive may take its time. A negative errno on failure. */
type Fallocate = (descriptor: number, range: ByteRange) => Promise<number>

/** Whether a block device says that it makes ranges zero by itself, the only kind worth to be asked. */
export function canZeroOut(files: KernelFiles, name: string): boolean {
  const most = files.optionalText(`/sys/block/${name}/queue/write_zeroes_max_bytes`)
  return Number(most ?? 0) > 0
}

/**
 * Has a block device make a range zero without being sent the zeros (Write Zeroes of NVMe, SCSI, virtio).
 * What it says of that is believed by nobody until the range was read.
 *
 * @returns false where it cannot be asked; nothing is known of the range then
 * @throws {DiskIoError}
 */
export async function zeroOut(descriptor: number, range: ByteRange): Promise<boolean> {
  const fallocate = await (loaded ??= loadFallocate())
  if (fallocate === undefined) return false
  const status = await fallocate(descriptor, range)
  if (status === 0) return true
  const name = getSystemErrorName(status)
  if (unsupported.includes(name)) return false
  throw new DiskIoError('write', range.offset, new Error(`${name}, while it was to become zero`))
}

let loaded: Promise<Fallocate | undefined> | undefined

/** Undefined where native code is not to be had: it is an optional part. */
async function loadFallocate(): Promise<Fallocate | undefined> {
  try {
    const { default: koffi } = await import('koffi')
    const call = koffi
      .load('libc.so.6')
      .func('int fallocate64(int fd, int mode, int64_t offset, int64_t length)')
    return (descriptor, { offset, length }) =>
      new Promise((resolve, reject) => {
        call.async(descriptor, zeroRange, offset, length, (error: Error | null, status: number) => {
          if (error === null) resolve(status === -1 ? -koffi.errno() : status)
          else reject(error)
        })
      })
  } catch {
    return undefined
  }
}
