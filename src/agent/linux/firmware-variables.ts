import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The vendor GUID of the variables that UEFI itself defines (UEFI 2.10 §3.3). */
export const globalVariable = '8be4df61-93ca-11d2-aa0d-00e098032b8c'
/** Non-volatile, for boot services and for the running system (UEFI 2.10 §8.2). */
const attributes = 7

/** `Boot000A`. */
export function entryName(number: number): string {
  return `Boot${number.toString(16).toUpperCase().padStart(4, '0')}`
}

/** Where efivarfs shows a variable of UEFI's own. */
export function variableFile(directory: string, name: string): string {
  return join(directory, `${name}-${globalVariable}`)
}

/** One write call, as efivarfs demands: four bytes of attributes, then the value. */
export async function writeVariable(
  directory: string,
  name: string,
  value: Uint8Array,
): Promise<void> {
  const variable = Buffer.concat([Uint8Array.of(attributes, 0, 0, 0), value])
  await writeFile(variableFile(directory, name), variable)
}
