import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aptGet } from './apt-get.ts'
import { PackageToolError } from './errors.ts'
import { withPackageLists } from './package-lists.ts'
import type { ListOptions } from './package-lists.ts'
import { runCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { withFileLock } from './with-file-lock.ts'

/**
 * A package by its name, or by a meta package that depends on it: the dependency of
 * `linux-image-amd64` that starts with `linux-image-` is `linux-image-6.1.0-56-amd64`.
 */
export type WantedPackage =
  string | { readonly metaPackage: string; readonly dependencyPrefix: string }

export interface DownloadOptions {
  /** Where archives stay between calls; several processes may share one. */
  readonly cacheDirectory: string
  readonly log: (line: string) => void
  /** How programs are run; the host's own by default. */
  readonly run?: RunCommand
}

/** A package file whose bytes are those that the signed package lists name. */
export interface DebianArchive {
  readonly name: string
  readonly version: string
  readonly path: string
  readonly sizeBytes: number
  /** 64 lower-case hex digits. */
  readonly sha256: string
}

/**
 * Fetches package files without installing them and without root, one for each that is wanted and in
 * the same order. What the cache already holds is checked and not fetched again, so a warm call needs
 * no network.
 *
 * @throws {PackageToolError} when apt-get fails or a file is not what the lists name
 * @throws {NotDebianError} on a system without apt
 */
export async function downloadDebianPackages(
  wanted: readonly WantedPackage[],
  options: DownloadOptions,
): Promise<DebianArchive[]> {
  const { cacheDirectory, log, run = runCommand } = options
  await mkdir(cacheDirectory, { recursive: true })
  const fetchAll = async (lists: ListOptions): Promise<DebianArchive[]> => {
    const names = await Promise.all(wanted.map((one) => concreteName(one, lists, run)))
    const archives = await locate(names, cacheDirectory, lists, run)
    const absent = await filterAsync(archives, async (archive) => !(await isIntact(archive)))
    if (absent.length > 0) {
      log(`downloading Debian packages: ${absent.map(({ name }) => name).join(' ')}`)
      await fetchArchives(absent, cacheDirectory, lists, run)
    }
    return archives
  }
  return withFileLock(join(cacheDirectory, '.lock'), () =>
    withPackageLists(fetchAll, { cacheDirectory, log, run }),
  )
}

async function concreteName(
  wanted: WantedPackage,
  lists: ListOptions,
  run: RunCommand,
): Promise<string> {
  if (typeof wanted === 'string') return wanted
  const { metaPackage, dependencyPrefix } = wanted
  const result = await run('apt-cache', [...lists, 'depends', '--important', metaPackage])
  const found = result.stdout
    .split('\n')
    .map((line) => /^\s+Depends: (\S+)$/.exec(line)?.[1])
    .find((name) => name?.startsWith(dependencyPrefix))
  if (found !== undefined) return found
  throw new PackageToolError(`apt-cache depends ${metaPackage}`, result.stderr || result.stdout)
}

/** Reads `'URL' file size SHA256:digits`, which is what `--print-uris` writes. */
async function locate(
  names: readonly string[],
  directory: string,
  lists: ListOptions,
  run: RunCommand,
): Promise<DebianArchive[]> {
  const { stdout } = await aptGet([...lists, 'download', '--print-uris', ...names], run)
  const found = new Map<string, DebianArchive>()
  for (const line of stdout.split('\n')) {
    const match = /^'[^']+' (([^_]+)_([^_]+)_\w+\.deb) (\d+) SHA256:([0-9a-f]{64})$/.exec(line)
    if (match === null) continue
    const [, file = '', name = '', version = '', size = '', sha256 = ''] = match
    const path = join(directory, file)
    const sizeBytes = Number(size)
    found.set(name, { name, version: version.replaceAll('%3a', ':'), path, sizeBytes, sha256 })
  }
  return names.map((name) => {
    const archive = found.get(name)
    if (archive !== undefined) return archive
    throw new PackageToolError('apt-get download --print-uris', `no file for ${name}: ${stdout}`)
  })
}

async function fetchArchives(
  absent: readonly DebianArchive[],
  directory: string,
  lists: ListOptions,
  run: RunCommand,
): Promise<void> {
  const names = absent.map(({ name }) => name)
  const asSelf = ['-o', 'APT::Sandbox::User=']
  await aptGet([...lists, ...asSelf, 'download', '-q', ...names], run, { cwd: directory })
  const broken = await filterAsync(absent, async (archive) => !(await isIntact(archive)))
  if (broken.length === 0) return
  const paths = broken.map(({ path }) => path).join(' ')
  throw new PackageToolError('apt-get download', `not what the package lists name: ${paths}`)
}

async function isIntact(archive: DebianArchive): Promise<boolean> {
  const bytes = await readFile(archive.path).catch(() => undefined)
  if (bytes?.length !== archive.sizeBytes) return false
  return createHash('sha256').update(bytes).digest('hex') === archive.sha256
}

async function filterAsync<Item>(
  items: readonly Item[],
  keep: (item: Item) => Promise<boolean>,
): Promise<Item[]> {
  const verdicts = await Promise.all(items.map(keep))
  return items.filter((_item, index) => verdicts[index])
}
