import { messageOf } from '../../base/coded-error.ts'
import type { ByteRange } from '../block-writer/write-plan.ts'
import type { FileSystemKind } from './file-system-kind.ts'
import { readExtFreeBlocks } from './free-space/ext-free-blocks.ts'
import { readNtfsFreeClusters } from './free-space/ntfs-free-clusters.ts'
import { readXfsFreeExtents } from './free-space/xfs-free-extents.ts'
import { runCaptureTool } from './run-capture-tool.ts'

export interface FreeSpaceQuestion {
  readonly kind: FileSystemKind
  /** Partition of the copy, not mounted. */
  readonly devicePath: string
  /** Its first bytes. */
  readonly start: Uint8Array
  readonly log: (line: string) => void
}

/**
 * What no file uses, as the file system's own tools tell it. They only read. Without the tool, or when
 * it finds fault with the file system, nothing counts as free: the image is then larger, not wrong.
 *
 * @returns bytes counted from the start of the partition
 */
export async function findFreeSpace(question: FreeSpaceQuestion): Promise<ByteRange[]> {
  const { devicePath, kind, log } = question
  try {
    const free = await ask(question)
    if (free !== undefined) return free
    log(`${devicePath}: the free space of its ${kind} is not told; all of it is captured`)
  } catch (error) {
    log(`${devicePath}: all of it is captured: ${messageOf(error)}`)
  }
  return []
}

async function ask({
  kind,
  devicePath,
  start,
}: FreeSpaceQuestion): Promise<ByteRange[] | undefined> {
  const run = async (program: string, args: readonly string[]) =>
    (await runCaptureTool(program, args)).toString('latin1')
  switch (kind) {
    case 'ext4':
      return readExtFreeBlocks(await run('dumpe2fs', [devicePath]))
    case 'xfs': {
      const questions = ['sb 0', 'print blocksize agblocks', 'freesp -d']
      const args = ['-r', ...questions.flatMap((question) => ['-c', question]), devicePath]
      return readXfsFreeExtents(await run('xfs_db', args))
    }
    case 'ntfs':
      break
  }
  return readNtfsFreeClusters(start, await runCaptureTool('ntfscat', ['--inode', '6', devicePath]))
}
