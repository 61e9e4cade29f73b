import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { ensureDebianPackages } from './ensure-debian-packages.ts'
import type { EnsureOptions } from './ensure-debian-packages.ts'

export interface EnsureCommandsOptions extends EnsureOptions {
  /** Folders searched, `PATH` and the sbin folders by default. */
  readonly searchPath?: readonly string[]
}

/**
 * Makes sure that commands can be run: `packageOf` maps each command to the Debian package that
 * brings it, and only the packages of absent commands are installed.
 *
 * @throws what {@link ensureDebianPackages} throws
 */
export async function ensureDebianCommands(
  packageOf: Readonly<Record<string, string>>,
  options: EnsureCommandsOptions,
): Promise<void> {
  const folders = options.searchPath ?? [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/sbin',
  ]
  const absent = new Set<string>()
  for (const [command, packageName] of Object.entries(packageOf)) {
    if (!(await isOnPath(command, folders))) absent.add(packageName)
  }
  if (absent.size > 0) await ensureDebianPackages([...absent], options)
}

async function isOnPath(command: string, folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    const found = await access(join(folder, command), constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return true
  }
  return false
}
