import { CodedError } from '../base/coded-error.ts'
import type { FeedItem } from '../presentation/operator-feed.ts'
import { endpointText } from '../presentation/operator-endpoint.ts'
import { openFeed } from '../operator-client/open-feed.ts'
import { RunWatch, runWatchTopics } from '../presentation/run-watch.ts'
import { type CliWorld, writeLines } from './cli-world.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { DaemonUnreachableError } from '../operator-client/errors.ts'
import { ReferenceUnresolvedError } from './errors.ts'
import { exitCodes } from './exit-code.ts'

/** How long a daemon that was there may stay away before the watcher gives up. */
const patienceMs = 120_000

export interface FollowOptions {
  /** Ids of the runs to follow; every machine's newest run, and later ones, where absent. */
  readonly only?: readonly string[]
  /** Leave when all of them have ended. */
  readonly untilDone: boolean
}

/**
 * Prints what happens to runs as plain lines, through restarts of the daemon.
 *
 * @returns 0 only when every run that was followed has succeeded
 * @throws {DaemonUnreachableError} when no daemon answers, or it stays away for two minutes
 */
export async function followRuns(
  world: CliWorld,
  connection: DaemonConnection,
  { only, untilDone }: FollowOptions,
): Promise<number> {
  const watch = new RunWatch(only)
  const outage = new Outage(world, connection)
  for await (const item of openFeed({ ...connection, topics: runWatchTopics })) {
    outage.take(item, watch.started)
    writeLines(world.stdout, watch.take(item, Date.now()))
    if (item.kind === 'snapshot' && untilDone) requireRuns(watch)
    if (untilDone && watch.isDone) break
  }
  if (!(untilDone && watch.isDone) && world.signal.aborted) return interrupted(world, watch)
  if (watch.watchedCount > 1) writeLines(world.stdout, [watch.summary])
  return watch.hasSucceeded ? exitCodes.done : exitCodes.failed
}

function requireRuns(watch: RunWatch): void {
  if (watch.watchedCount > 0) return
  throw new ReferenceUnresolvedError('there is no run to watch', {
    remedy: 'repave machine deploy MACHINE --image IMAGE',
  })
}

function interrupted(world: CliWorld, watch: RunWatch): number {
  const machines = watch.underWay
  if (machines.length > 0) {
    writeLines(world.stderr, [
      `no longer watching; still under way: ${machines.join(', ')}`,
      '  try   repave run watch',
    ])
  }
  return exitCodes.interrupted
}

/** Tells when the daemon goes and comes back, and gives up when it stays away. */
class Outage {
  readonly #world: CliWorld
  readonly #endpoint: string
  #sinceMs: number | undefined

  constructor(world: CliWorld, connection: DaemonConnection) {
    this.#world = world
    this.#endpoint = endpointText(connection.endpoint)
  }

  take(item: FeedItem, started: boolean): void {
    if (item.kind !== 'disconnected') {
      if (this.#sinceMs !== undefined) writeLines(this.#world.stderr, ['connected again'])
      this.#sinceMs = undefined
      return
    }
    const nowMs = performance.now()
    this.#sinceMs ??= nowMs
    if (!started || nowMs - this.#sinceMs > patienceMs) {
      throw new DaemonUnreachableError(this.#endpoint, new LostConnectionError(item.reason))
    }
    if (item.attempt === 1) {
      writeLines(this.#world.stderr, [`connection lost (${item.reason}), reconnecting`])
    }
  }
}

/** Why the last attempt to reach the daemon came to nothing. */
class LostConnectionError extends CodedError {
  readonly code = 'ERR_CONNECTION_LOST'
}
