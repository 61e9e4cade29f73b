import { setTimeout as sleep } from 'node:timers/promises'

import { messageOf } from '../../base/coded-error.ts'
import type { Logger } from '../../base/logger.ts'

/** How long transfers under way may still take once we are asked to stop. */
const usualDrainMs = 30_000

/**
 * Waits until `signal` aborts or a server dies, then takes the daemon down.
 *
 * @returns the exit code: 0 when it was asked to stop, 1 when a server died
 */
export async function runUntilStopped(
  daemon: AsyncDisposable & { readonly died: Promise<never> },
  logger: Logger,
  signal: AbortSignal,
  drainMs = usualDrainMs,
): Promise<number> {
  const asked = Promise.withResolvers<'asked'>()
  signal.addEventListener('abort', () => asked.resolve('asked'))
  if (signal.aborted) asked.resolve('asked')
  let exitCode = 0
  try {
    await Promise.race([asked.promise, daemon.died])
    logger.info({ reason: String(signal.reason) }, 'stopping')
  } catch (thrown) {
    logger.error({ reason: messageOf(thrown) }, 'a server died, stopping all')
    exitCode = 1
  }
  await drain(daemon, logger, drainMs)
  return exitCode
}

async function drain(daemon: AsyncDisposable, logger: Logger, drainMs: number): Promise<void> {
  const limit = new AbortController()
  const late = sleep(drainMs, 'late' as const, { signal: limit.signal })
  const outcome = await Promise.race([daemon[Symbol.asyncDispose](), late])
  limit.abort()
  late.catch(() => undefined)
  if (outcome === 'late') logger.warn({ drainMs }, 'stopped with transfers under way')
  else logger.info({}, 'stopped')
}
