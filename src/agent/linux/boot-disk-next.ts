import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { EfiPartitionFile } from '../../protocol/efi/device-path.ts'
import { encodePartitionFilePath } from '../../protocol/efi/device-path.ts'
import { encodeLoadOption, readLoadOptionDescription } from '../../protocol/efi/load-option.ts'
import { entryName, globalVariable, writeVariable } from './firmware-variables.ts'

/** Our own entry, the same one from deployment to deployment. */
const description = 'Repave deployed system'

/**
 * Has UEFI firmware boot that file once, at the next start, whatever its boot order says: the image just
 * written starts without another round over the network. The boot order stays as it is, so the start
 * after that asks the daemon again.
 *
 * @param variablesDirectory where efivarfs is mounted
 * @throws {Error} as the file system does; full or absent firmware variables are the usual causes
 */
export async function bootDiskNext(
  file: EfiPartitionFile,
  variablesDirectory = '/sys/firmware/efi/efivars',
): Promise<void> {
  const number = await writeOwnEntry(file, variablesDirectory)
  await writeVariable(variablesDirectory, 'BootNext', Uint8Array.of(number & 255, number >> 8))
}

/** Has our own boot entry start that file. @returns its number */
export async function writeOwnEntry(
  file: EfiPartitionFile,
  variablesDirectory: string,
): Promise<number> {
  const option = encodeLoadOption({ description, devicePath: encodePartitionFilePath(file) })
  const number = await ownEntryNumber(variablesDirectory)
  await writeVariable(variablesDirectory, entryName(number), option)
  return number
}

/** The number of our own entry, or the lowest that is free. */
async function ownEntryNumber(directory: string): Promise<number> {
  const taken = new Set<number>()
  for (const name of await readdir(directory)) {
    const digits = new RegExp(`^Boot([0-9A-F]{4})-${globalVariable}$`).exec(name)?.[1]
    if (digits === undefined) continue
    const number = Number.parseInt(digits, 16)
    const variable = await readFile(join(directory, name))
    if (readLoadOptionDescription(variable.subarray(4)) === description) return number
    taken.add(number)
  }
  let number = 0
  while (taken.has(number)) number++
  return number
}
