import { access } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { PackageToolError } from '../debian/errors.ts'
import { runCommand } from '../debian/run-command.ts'
import { PackageFileMissingError } from './errors.ts'

/** Where Debian's x86-64 libraries stand, below `lib` or `usr/lib`. */
export const libraryFolder = 'lib/x86_64-linux-gnu'

/**
 * Where `path` stands below `root`, looked for under `usr/` too: Debian moved `bin`, `lib` and `sbin` there.
 *
 * @throws {PackageFileMissingError} when it is at neither place
 */
export async function findUnpacked(root: string, path: string): Promise<string> {
  for (const candidate of [join(root, path), join(root, 'usr', path)]) {
    const found = await access(candidate).then(
      () => true,
      () => false,
    )
    if (found) return candidate
  }
  throw new PackageFileMissingError(path)
}

/**
 * Runs a program of the unpacked packages with their own loader and libraries, so that the result
 * does not depend on the host. `name` is what the program sees as its name.
 *
 * @returns its standard output
 * @throws {PackageToolError} when it fails
 */
export async function runUnpacked(
  root: string,
  program: string,
  name: string,
  args: readonly string[],
): Promise<string> {
  return runLoader(root, name, ['--argv0', name, program, ...args])
}

/**
 * Files of every library that a program of the unpacked packages loads, the loader left out.
 *
 * @throws {PackageToolError} when one of them is not unpacked
 */
export async function listLibraries(root: string, program: string): Promise<readonly string[]> {
  const name = basename(program)
  const list = await runLoader(root, name, ['--list', program])
  const missing = /^\s*(\S+) => not found$/m.exec(list)?.[1]
  if (missing !== undefined) throw new PackageToolError(name, `it needs ${missing}`)
  return [...list.matchAll(/ => (\S+) \(0x/g)].map(([, path = '']) => path)
}

async function runLoader(root: string, name: string, args: readonly string[]): Promise<string> {
  const loader = await findUnpacked(root, `${libraryFolder}/ld-linux-x86-64.so.2`)
  const libraries = [join(root, libraryFolder), join(root, 'usr', libraryFolder)].join(':')
  const { exitCode, stdout, stderr } = await runCommand(loader, [
    '--library-path',
    libraries,
    ...args,
  ])
  if (exitCode !== 0) throw new PackageToolError(name, stderr || stdout)
  return stdout
}
