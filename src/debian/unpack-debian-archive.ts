import { mkdir } from 'node:fs/promises'
import { NotDebianError, PackageToolError } from './errors.ts'
import { runCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'

/**
 * Unpacks the files of a package below `directory` without running its scripts; needs no root.
 *
 * @throws {PackageToolError} when the archive cannot be read or the disk is full
 * @throws {NotDebianError} when there is no dpkg-deb
 */
export async function unpackDebianArchive(
  path: string,
  directory: string,
  run: RunCommand = runCommand,
): Promise<void> {
  await mkdir(directory, { recursive: true })
  const { exitCode, stderr } = await run('dpkg-deb', ['--extract', path, directory])
  if (exitCode === 127) throw new NotDebianError(['dpkg'])
  if (exitCode !== 0) throw new PackageToolError(`dpkg-deb --extract ${path}`, stderr)
}
