import { type FileHandle, open } from 'node:fs/promises'
import { constants } from 'node:fs'
import type { Stats } from 'node:fs'

import { messageOf } from '../../base/coded-error.ts'
import type { Disk } from '../../contract/machine.ts'
import { readDisk } from '../linux/block-devices.ts'
import type { KernelFiles } from '../linux/kernel-files.ts'
import type { DiskMedium } from './disk-medium.ts'
import { DiskChangedError, DiskInUseError, DiskIoError, NotADiskError } from './errors.ts'

export interface TargetDiskOptions {
  readonly files: KernelFiles
  /** Lets a regular file stand for the disk, with its size and the sector size that was chosen. Default false. */
  readonly allowRegularFile?: boolean
}

/**
 * A disk that is open for writing and is, by its own serial, size and sector size, the one that was
 * chosen. Buffers, offsets and lengths are multiples of the logical sector (O_DIRECT).
 */
export class TargetDisk implements DiskMedium, AsyncDisposable {
  /** As the open descriptor shows it now. */
  readonly disk: Disk
  readonly #handle: FileHandle

  private constructor(handle: FileHandle, disk: Disk) {
    this.#handle = handle
    this.disk = disk
  }

  /**
   * Opens exclusively, creates nothing, and compares with the choice.
   *
   * @throws {NotADiskError} {@link DiskInUseError} {@link DiskChangedError} before anything is written
   */
  static async open(chosen: Disk, options: TargetDiskOptions): Promise<TargetDisk> {
    const handle = await openExclusively(chosen.path, options.allowRegularFile ?? false)
    try {
      const disk = await describeOpenDisk(handle, chosen, options)
      requireSameDisk(chosen, disk)
      return new TargetDisk(handle, disk)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** @throws {DiskIoError} also on a short count, which the kernel gives without an error at the end of a device */
  async write(bytes: Uint8Array, offset: number): Promise<void> {
    try {
      const { bytesWritten } = await this.#handle.write(bytes, 0, bytes.length, offset)
      requireFullCount(bytesWritten, bytes.length)
    } catch (error) {
      throw new DiskIoError('write', offset, error)
    }
  }

  /** Fills `bytes`. @throws {DiskIoError} also on a short count */
  async read(bytes: Uint8Array, offset: number): Promise<void> {
    try {
      const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, offset)
      requireFullCount(bytesRead, bytes.length)
    } catch (error) {
      throw new DiskIoError('read', offset, error)
    }
  }

  /** @throws {DiskIoError} */
  async flush(): Promise<void> {
    try {
      await this.#handle.sync()
    } catch (error) {
      throw new DiskIoError('flush', undefined, error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }
}

function requireFullCount(count: number, expected: number): void {
  if (count !== expected) throw new RangeError(`only ${count} of ${expected} bytes`)
}

/** O_EXCL on a block device refuses one that is mounted, swapped on or claimed (open(2)). */
async function openExclusively(path: string, allowRegularFile: boolean): Promise<FileHandle> {
  const direct = allowRegularFile ? 0 : constants.O_DIRECT
  try {
    return await open(path, constants.O_RDWR | constants.O_EXCL | direct)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') {
      throw new DiskInUseError(path, ['the kernel refuses exclusive access'])
    }
    throw new NotADiskError(path, messageOf(error))
  }
}

async function describeOpenDisk(
  handle: FileHandle,
  chosen: Disk,
  { files, allowRegularFile = false }: TargetDiskOptions,
): Promise<Disk> {
  const stats = await handle.stat()
  if (stats.isFile() && allowRegularFile) return { ...chosen, sizeBytes: stats.size }
  if (!stats.isBlockDevice()) throw new NotADiskError(chosen.path, 'it is no block device')
  const name = kernelNameOf(stats, files)
  if (name === undefined) throw new NotADiskError(chosen.path, 'the kernel lists no such device')
  if (files.exists(`/sys/block/${name}`)) return readDisk(files, name)
  throw new NotADiskError(chosen.path, `${name} is a partition`)
}

/** By device number, so that whatever the path leads to by now is what is described. */
function kernelNameOf({ rdev }: Stats, files: KernelFiles): string | undefined {
  const major = Math.floor(rdev / 256) & 0xfff
  const minor = (rdev & 0xff) | (Math.floor(rdev / 4096) & 0xfff00)
  return files.realPath(`/sys/dev/block/${major}:${minor}`)?.split('/').at(-1)
}

function requireSameDisk(chosen: Disk, found: Disk): void {
  const identity = ['serial', 'wwn', 'sizeBytes', 'logicalSectorBytes'] as const
  const differences = identity
    .filter((fact) => chosen[fact] !== found[fact])
    .map((fact) => `${fact} was ${chosen[fact] ?? 'absent'}, is ${found[fact] ?? 'absent'}`)
  if (differences.length > 0) throw new DiskChangedError(chosen.path, differences)
  if (found.readOnly) throw new DiskChangedError(chosen.path, ['it is read-only now'])
  if (found.inUseBy.length > 0) throw new DiskInUseError(chosen.path, found.inUseBy)
}
