import { messageOf } from '../../base/coded-error.ts'
import type { Disk } from '../../contract/machine.ts'
import type { EraseWay, WipeReport } from '../../contract/run.ts'
import { runTool } from '../linux/run-tool.ts'
import type { KernelFiles } from '../linux/kernel-files.ts'
import { eraseAta } from './ata-security-erase.ts'
import { DriveEraseError } from './errors.ts'
import { formatNvme } from './nvme-format.ts'

/**
 * Has the drive do what it can, and says what it was; `undefined` where we have to overwrite. It is
 * asked about nothing afterwards: what proves a wipe is what the disk then reads as.
 *
 * @throws {DriveEraseError} where the drive alone was to do it, and could not
 */
export async function eraseByDrive(
  method: WipeReport['method'],
  disk: Disk,
  files: KernelFiles,
  log: (line: string) => void,
): Promise<Exclude<EraseWay, 'zero' | 'signatures'> | undefined> {
  if (method === 'discard') {
    await runTool('blkdiscard', [files.absolutePath(disk.path)]).catch((error: unknown) => {
      throw new DriveEraseError(disk.path, messageOf(error))
    })
    return 'discard'
  }
  if (method !== 'best' && method !== 'secure-erase') return undefined
  try {
    if (disk.transport === 'nvme') {
      await formatNvme(disk, files)
      return 'nvme-format'
    }
    if (disk.transport === 'sata') {
      await eraseAta(disk, files.absolutePath(disk.path))
      return 'ata-security-erase'
    }
    throw new DriveEraseError(disk.path, `there is no command for it over ${disk.transport}`)
  } catch (error) {
    if (method === 'secure-erase') throw error
    log(`${messageOf(error)}; overwriting it`)
    return undefined
  }
}
