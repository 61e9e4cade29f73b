import { aptGet } from './apt-get.ts'
import { DebianPackagesMissingError, NotDebianError, PackageToolError } from './errors.ts'
import { runCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { withFileLock } from './with-file-lock.ts'

export interface EnsureOptions {
  readonly log: (line: string) => void
  /** How programs are run; the host's own by default. */
  readonly run?: RunCommand
  /** Whether packages may be installed; by default, whether this process is root. */
  readonly isRoot?: boolean
  /** Held while packages are installed; by default in apt's own cache folder, where only root writes. */
  readonly lockFile?: string
}

/**
 * Makes sure that the named Debian packages are installed, and installs what is absent when this
 * process is root. Costs one dpkg-query when nothing is absent. Safe to call at the same time from
 * several places and processes.
 *
 * @throws {DebianPackagesMissingError} when packages are absent and this process is not root
 * @throws {PackageToolError} when apt-get fails
 * @throws {NotDebianError} on a system without dpkg or apt-get
 */
export async function ensureDebianPackages(
  names: readonly string[],
  options: EnsureOptions,
): Promise<void> {
  const run = options.run ?? runCommand
  const missing = await missingDebianPackages(names, run)
  if (missing.length === 0) return
  if (!(options.isRoot ?? process.getuid?.() === 0)) throw new DebianPackagesMissingError(missing)
  await withFileLock(options.lockFile ?? '/var/cache/apt/repave.lock', async () => {
    const stillMissing = await missingDebianPackages(missing, run)
    if (stillMissing.length > 0) await install(stillMissing, run, options.log)
  })
}

/** The names among `names` that are not installed, in their order. */
export async function missingDebianPackages(
  names: readonly string[],
  run: RunCommand = runCommand,
): Promise<string[]> {
  if (names.length === 0) return []
  const format = '${Package}\\t${db:Status-Status}\\n'
  const { exitCode, stdout } = await run('dpkg-query', ['-W', '-f', format, ...names])
  if (exitCode === 127) throw new NotDebianError(names)
  const installed = new Set(
    stdout
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([, status]) => status === 'installed')
      .map(([name]) => name),
  )
  return names.filter((name) => !installed.has(name))
}

/** Lists that are absent or name files a mirror has since replaced show up as a failure: refresh, once. */
async function install(
  names: readonly string[],
  run: RunCommand,
  log: (line: string) => void,
): Promise<void> {
  const args = ['install', '-y', '-q', '--no-install-recommends', ...names]
  const onLine = (line: string): void => {
    if (/^(?:Get:|Setting up )/.test(line)) log(line)
  }
  log(`installing Debian packages: ${names.join(' ')}`)
  try {
    await aptGet(args, run, { onLine })
  } catch (error) {
    if (!(error instanceof PackageToolError)) throw error
    log('refreshing the Debian package lists')
    await aptGet(['update', '-q'], run)
    await aptGet(args, run, { onLine })
  }
}
