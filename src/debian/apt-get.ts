import { setTimeout as sleep } from 'node:timers/promises'
import { NotDebianError, PackageToolError } from './errors.ts'
import type { CommandOptions, CommandResult, RunCommand } from './run-command.ts'

/** Waits for another package manager instead of failing beside it, and asks nobody anything. */
const patience = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3']
const quiet = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' }

/** The lock of the package lists knows no timeout of its own, so it is asked again for a while. */
const listsLockTries = 60
const listsLockPauseMs = 2000

/**
 * Runs `apt-get` with its locks waited for.
 *
 * @throws {PackageToolError} when it fails
 * @throws {NotDebianError} when there is no apt-get
 */
export async function aptGet(
  args: readonly string[],
  run: RunCommand,
  options: CommandOptions = {},
): Promise<CommandResult> {
  for (let attempt = 1; ; attempt++) {
    const result = await run('apt-get', [...patience, ...args], {
      ...options,
      env: { ...quiet, ...options.env },
    })
    if (result.exitCode === 0) return result
    if (result.exitCode === 127) throw new NotDebianError(['apt'])
    const isLocked = result.stderr.includes('Could not get lock')
    if (!isLocked || attempt === listsLockTries) {
      throw new PackageToolError(`apt-get ${args.join(' ')}`, result.stderr || result.stdout)
    }
    await sleep(listsLockPauseMs)
  }
}
