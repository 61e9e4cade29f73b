import { type FileHandle, open } from 'node:fs/promises'
import { constants } from 'node:fs'
import type { Stats } from 'node:fs'

import { MEBIBYTE } from '../../base/byte-size.ts'
import { messageOf } from '../../base/coded-error.ts'
import { identityDifferences } from '../../contract/disk-choice/disk-identity.ts'
import type { Disk } from '../../contract/machine.ts'
import { readDisk } from '../linux/block-devices.ts'
import { fingerprintOf } from '../linux/disk-contents.ts'
import type { KernelFiles } from '../linux/kernel-files.ts'
import { allocateOne } from './aligned-memory.ts'
import { DiskDescriptor } from './disk-descriptor.ts'
import type { DiskMedium } from './disk-medium.ts'
import { DiskChangedError, DiskInUseError, NotADiskError } from './errors.ts'
import type { ByteRange } from './write-plan.ts'
import { canZeroOut, zeroOut } from './zero-out.ts'

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
  readonly #medium: DiskDescriptor
  readonly #canZeroOut: boolean

  private constructor(handle: FileHandle, disk: Disk, files: KernelFiles) {
    this.#handle = handle
    this.#medium = new DiskDescriptor(handle.fd)
    this.#canZeroOut = canZeroOut(files, disk.name)
    this.disk = disk
  }

  /**
   * Opens exclusively, creates nothing, and compares with the choice.
   *
   * @throws {NotADiskError} {@link DiskInUseError} {@link DiskChangedError} before anything is written
   */
  static async open(chosen: Disk, options: TargetDiskOptions): Promise<TargetDisk> {
    const path = options.files.absolutePath(chosen.path)
    const handle = await openExclusively(path, options.allowRegularFile ?? false)
    try {
      const disk = await describeOpenDisk(handle, chosen, options)
      requireSameDisk(chosen, disk)
      const target = new TargetDisk(handle, disk, options.files)
      await requireSameContent(chosen, target)
      return target
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  get descriptor(): number {
    return this.#handle.fd
  }

  write(bytes: Uint8Array, offset: number): Promise<void> {
    return this.#medium.write(bytes, offset)
  }

  read(bytes: Uint8Array, offset: number): Promise<void> {
    return this.#medium.read(bytes, offset)
  }

  flush(): Promise<void> {
    return this.#medium.flush()
  }

  async zeroOut(range: ByteRange): Promise<boolean> {
    return this.#canZeroOut && (await zeroOut(this.#handle.fd, range))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }
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
  const differences = identityDifferences(chosen, found)
  if (chosen.logicalSectorBytes !== found.logicalSectorBytes) {
    const [was, is] = [chosen.logicalSectorBytes, found.logicalSectorBytes]
    differences.push(`its sectors had ${was} bytes, have ${is}`)
  }
  if (differences.length > 0) throw new DiskChangedError(chosen.path, differences)
  if (found.readOnly) throw new DiskChangedError(chosen.path, ['it is read-only now'])
  if (found.inUseBy.length > 0) throw new DiskInUseError(chosen.path, found.inUseBy)
}

/** Where the choice states what lay on the disk, it must still lie there: cables are swapped, too. */
async function requireSameContent({ path, contents }: Disk, target: TargetDisk): Promise<void> {
  if (contents === undefined) return
  if ('unreadable' in contents) throw new DiskChangedError(path, ['its content was never read'])
  const start = allocateOne(Math.min(MEBIBYTE, target.disk.sizeBytes))
  await target.read(start, 0)
  if (fingerprintOf(start) !== contents.fingerprint) {
    throw new DiskChangedError(path, ['its first MiB has changed since it was chosen'])
  }
}
