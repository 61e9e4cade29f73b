import { messageOf } from '../../base/coded-error.ts'
import type { EfiPartitionFile } from '../../protocol/efi/device-path.ts'
import { type GptTable, gptPartitionTypes } from '../../protocol/gpt/gpt-table.ts'
import { bootDiskNext } from '../linux/boot-disk-next.ts'
import type { AgentWorld } from './task-context.ts'

export const variablesDirectory = '/sys/firmware/efi/efivars'

/** Where firmware looks on a disk that it has no entry for (UEFI 2.10 §3.5.1.1). */
const removableMediaPaths: Record<string, string> = {
  x86_64: String.raw`\EFI\BOOT\BOOTX64.EFI`,
  aarch64: String.raw`\EFI\BOOT\BOOTAA64.EFI`,
}

/**
 * Has UEFI firmware start the disk just written at the next boot. Where that does not work the
 * machine asks the network first, and the daemon sends it to its disk: slower, not wrong.
 */
export async function bootWrittenDisk(
  { files, machineFacts }: Pick<AgentWorld, 'files' | 'machineFacts'>,
  table: GptTable,
  log: (line: string) => void,
): Promise<void> {
  const file = loaderOf(table, machineFacts.machine)
  if (!files.exists(variablesDirectory) || file === undefined) return
  try {
    await bootDiskNext(file, files.absolutePath(variablesDirectory))
    log('firmware boots this disk next')
  } catch (error) {
    log(`firmware keeps its boot order: ${messageOf(error)}`)
  }
}

/** The loader that firmware finds on a disk with that table; undefined where it finds none. */
export function loaderOf(table: GptTable, machine: string): EfiPartitionFile | undefined {
  const system = table.partitions.find(({ typeGuid }) => typeGuid === gptPartitionTypes.efiSystem)
  const path = removableMediaPaths[machine]
  if (system === undefined || path === undefined) return undefined
  const { number, firstLba, lastLba, partitionGuid } = system
  const sectorCount = lastLba - firstLba + 1
  return { partitionNumber: number, firstSector: firstLba, sectorCount, partitionGuid, path }
}
