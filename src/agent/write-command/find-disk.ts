import { realpathSync } from 'node:fs'

import { messageOf } from '../../base/coded-error.ts'
import type { Disk } from '../../contract/machine.ts'
import { NotADiskError } from '../block-writer/errors.ts'
import { readDisk } from '../linux/block-devices.ts'
import { withContents } from '../linux/disk-contents.ts'
import type { KernelFiles } from '../linux/kernel-files.ts'

/**
 * The disk that a path leads to, with what lies on it.
 *
 * @throws {NotADiskError} also for a partition
 */
export async function findDisk(files: KernelFiles, path: string): Promise<Disk> {
  let name: string
  try {
    name = realpathSync(path)
      .replace(/^\/dev\//, '')
      .replaceAll('/', '!')
  } catch (error) {
    throw new NotADiskError(path, messageOf(error))
  }
  if (!files.exists(`/sys/block/${name}`)) {
    const isPartition = files.exists(`/sys/class/block/${name}/partition`)
    throw new NotADiskError(path, isPartition ? `${name} is a partition` : 'no whole disk')
  }
  const [disk] = await withContents(files, [readDisk(files, name)])
  if (disk === undefined) throw new NotADiskError(path, 'it is gone')
  return disk
}
