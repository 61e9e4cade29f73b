import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { aptGet } from './apt-get.ts'
import { PackageToolError } from './errors.ts'
import type { RunCommand } from './run-command.ts'

/** Options that point apt at one set of package lists. */
export type ListOptions = readonly string[]

export interface PackageListsOptions {
  readonly cacheDirectory: string
  readonly log: (line: string) => void
  readonly run: RunCommand
  /** Where the system keeps its lists; `/var/lib/apt/lists` by default. */
  readonly systemLists?: string
}

/**
 * Runs `work` with the system's package lists when it has some, else with lists of our own in the
 * cache folder, which need no root. Lists that name files which a mirror has since replaced show up
 * as a failure: then our own are refreshed and `work` runs once more.
 *
 * @throws {PackageToolError} when it fails with fresh lists too
 */
export async function withPackageLists<Result>(
  work: (lists: ListOptions) => Promise<Result>,
  options: PackageListsOptions,
): Promise<Result> {
  const own = ownLists(options.cacheDirectory)
  const hasSystemLists = await holdsLists(options.systemLists ?? '/var/lib/apt/lists')
  const hasLists = hasSystemLists || (await holdsLists(listsDirectory(options.cacheDirectory)))
  if (hasLists) {
    try {
      return await work(hasSystemLists ? [] : own)
    } catch (error) {
      if (!(error instanceof PackageToolError)) throw error
    }
  }
  options.log('fetching the Debian package lists')
  await mkdir(join(listsDirectory(options.cacheDirectory), 'partial'), { recursive: true })
  await aptGet([...own, 'update', '-q'], options.run)
  return work(own)
}

function listsDirectory(cacheDirectory: string): string {
  return join(cacheDirectory, 'lists')
}

function ownLists(cacheDirectory: string): ListOptions {
  return [
    ...['-o', `Dir::State::lists=${listsDirectory(cacheDirectory)}`],
    ...['-o', `Dir::Cache=${join(cacheDirectory, 'apt')}`],
    ...['-o', 'APT::Sandbox::User='],
  ]
}

async function holdsLists(directory: string): Promise<boolean> {
  const names = await readdir(directory).catch(() => [])
  return names.some((name) => /_Packages(?:\.\w+)?$/.test(name))
}
