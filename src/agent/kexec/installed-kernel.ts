import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { MEBIBYTE } from '../../base/byte-size.ts'
import type { Disk } from '../../contract/machine.ts'
import { decodeGpt } from '../../protocol/gpt/decode-gpt.ts'
import type { GptPartition } from '../../protocol/gpt/gpt-table.ts'
import { allocateOne } from '../block-writer/aligned-memory.ts'
import { TargetDisk, type TargetDiskOptions } from '../block-writer/target-disk.ts'
import { fileSystemKindOf, fileSystemStartBytes } from '../capture/file-system-kind.ts'
import { runTool } from '../linux/run-tool.ts'
import { type GrubEntry, readGrubEntry } from './grub-entry.ts'

/** A kernel of the disk, copied into memory. */
export interface InstalledKernel {
  readonly kernelFile: string
  readonly initramfsFile: string
  readonly kernelArguments: string
}

/** Where the configuration of GRUB may be, from the root of a file system or of a boot partition. */
const grubConfigurations = ['boot/grub/grub.cfg', 'grub/grub.cfg', 'boot/grub2/grub.cfg']

/**
 * Finds what the boot loader of a disk that we have just written would start. Its file systems are
 * mounted read-only, one after the other, and unmounted again.
 *
 * @returns undefined where no loader is found whose configuration can simply be read
 * @throws {ToolFailedError} when a tool fails; those of {@link TargetDisk.open}
 */
export async function findInstalledKernel(
  disk: Disk,
  options: TargetDiskOptions,
  workDirectory: string,
): Promise<InstalledKernel | undefined> {
  await mkdir(workDirectory, { recursive: true })
  await runTool('modprobe', ['loop'])
  for (const { partition, kind } of await mountablePartitions(disk, options)) {
    const offset = partition.firstLba * disk.logicalSectorBytes
    const found = await withMounted(disk.path, offset, kind, workDirectory, (root) =>
      kernelBelow(root, workDirectory),
    )
    if (found !== undefined) return found
  }
  return undefined
}

async function mountablePartitions(disk: Disk, options: TargetDiskOptions) {
  await using target = await TargetDisk.open(disk, options)
  const start = allocateOne(MEBIBYTE)
  await target.read(start, 0)
  const gpt = decodeGpt(start, disk.logicalSectorBytes)
  const found: { partition: GptPartition; kind: 'ext4' | 'xfs' | 'vfat' }[] = []
  for (const partition of gpt.ok ? gpt.table.partitions : []) {
    const bytes = allocateOne(fileSystemStartBytes)
    await target.read(bytes, partition.firstLba * disk.logicalSectorBytes)
    const kind = isFat(bytes) ? 'vfat' : fileSystemKindOf(bytes)
    if (kind !== undefined && kind !== 'ntfs') found.push({ partition, kind })
  }
  return found
}

/** `FAT` in one of its two places, and the mark of a boot sector. */
function isFat(start: Uint8Array): boolean {
  const isMarked = start[510] === 0x55 && start[511] === 0xaa
  const text = Buffer.from(start.subarray(0, 512)).toString('latin1')
  return isMarked && (text.startsWith('FAT', 54) || text.startsWith('FAT', 82))
}

async function withMounted<Result>(
  devicePath: string,
  offset: number,
  kind: string,
  workDirectory: string,
  work: (root: string) => Promise<Result>,
): Promise<Result> {
  const loop = (await runTool('losetup', ['-f'])).toString().trim()
  await runTool('losetup', ['-r', '-o', String(offset), loop, devicePath])
  const root = join(workDirectory, 'kexec-root')
  await mkdir(root, { recursive: true })
  try {
    const journal = kind === 'ext4' ? ',noload' : kind === 'xfs' ? ',norecovery' : ''
    await runTool('mount', ['-t', kind, '-o', `ro,nodev,nosuid,noexec${journal}`, loop, root])
    try {
      return await work(root)
    } finally {
      await runTool('umount', [root])
    }
  } finally {
    await runTool('losetup', ['-d', loop])
  }
}

async function kernelBelow(
  root: string,
  workDirectory: string,
): Promise<InstalledKernel | undefined> {
  const entry = await readEntry(root)
  if (entry === undefined) return undefined
  const [kernel, initramfs] = [join(root, entry.kernel), join(root, entry.initramfs)]
  if (!existsSync(kernel) || !existsSync(initramfs)) return undefined
  const kernelFile = join(workDirectory, 'kexec-kernel')
  const initramfsFile = join(workDirectory, 'kexec-initramfs')
  await copyFile(kernel, kernelFile)
  await copyFile(initramfs, initramfsFile)
  return { kernelFile, initramfsFile, kernelArguments: entry.kernelArguments }
}

/** @returns undefined where there is none that can simply be read */
export async function readEntry(root: string): Promise<GrubEntry | undefined> {
  const path = grubConfigurations.find((name) => existsSync(join(root, name)))
  return path === undefined ? undefined : readGrubEntry(await readFile(join(root, path), 'utf8'))
}
