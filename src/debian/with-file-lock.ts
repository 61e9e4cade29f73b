import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PackageToolError } from './errors.ts'

/**
 * Runs `work` while holding an exclusive lock on `lockFile` (made when absent), which other calls
 * and other processes wait for. The lock is a flock(2) held by a child that ends with this process.
 *
 * @throws {PackageToolError} when the lock is not free within `waitSeconds` (default 900)
 */
export async function withFileLock<Result>(
  lockFile: string,
  work: () => Promise<Result>,
  waitSeconds = 900,
): Promise<Result> {
  const holder = spawn('flock', ['--timeout', String(waitSeconds), lockFile, 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = new Promise<'ended'>((resolve) => {
    holder.on('error', () => resolve('ended'))
    holder.on('close', () => resolve('ended'))
  })
  holder.stdin.on('error', () => {})
  holder.stdin.write('held\n')
  const first = await Promise.race([once(holder.stdout, 'data'), ended])
  if (first === 'ended') throw new PackageToolError(`flock ${lockFile}`, 'the lock stayed taken')
  try {
    return await work()
  } finally {
    holder.stdin.end()
    await ended
  }
}
