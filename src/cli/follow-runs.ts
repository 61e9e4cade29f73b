import { CodedError } from '../base/coded-error.ts'
import type { FeedItem } from '../presentation/operator-feed.ts'
import { isUtf8 } from '../presentation/environment-text.ts'
import { endpointText } from '../presentation/operator-endpoint.ts'
import { openFeed } from '../operator-client/open-feed.ts'
import { RunWatch, runWatchTopics } from '../presentation/run-watch.ts'
import { type CliWorld, writeLines } from './cli-world.ts'
import { LiveBlock } from './live-block.ts'
import { type ProgressOptions, progressStyle, type ProgressStyle } from './progress-style.ts'
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
  /** Default: what the terminal can do. */
  readonly progress?: ProgressOptions['progress']
}

/**
 * Prints what happens to runs, through restarts of the daemon: as lines, with bars below them on a terminal, or
 * the outcome of each alone.
 *
 * @returns 0 only when every run that was followed has succeeded
 * @throws {DaemonUnreachableError} when no daemon answers, or it stays away for two minutes
 */
export async function followRuns(
  world: CliWorld,
  connection: DaemonConnection,
  { only, untilDone, progress = 'auto' }: FollowOptions,
): Promise<number> {
  const watch = new RunWatch(only)
  const outage = new Outage(world, connection)
  const view = new RunView(world, watch, progress)
  for await (const item of openFeed({ ...connection, topics: runWatchTopics })) {
    outage.take(item, watch.started)
    view.take(item, Date.now())
    if (item.kind === 'snapshot' && untilDone) requireRuns(watch)
    if (untilDone && watch.isDone) break
  }
  view.end()
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

/** What a person sees of the runs that are followed. */
class RunView {
  readonly #world: CliWorld
  readonly #watch: RunWatch
  readonly #style: ProgressStyle
  readonly #block: LiveBlock
  readonly #ascii: boolean

  constructor(world: CliWorld, watch: RunWatch, progress: ProgressOptions['progress']) {
    this.#world = world
    this.#watch = watch
    this.#style = progressStyle({ progress }, world.stdout, world.environment)
    this.#block = new LiveBlock(world.stdout)
    this.#ascii = !isUtf8(world.environment)
  }

  take(item: FeedItem, nowMs: number): void {
    const lines = this.#watch.take(item, nowMs)
    if (this.#style === 'none') return
    if (this.#style === 'plain') return writeLines(this.#world.stdout, lines)
    if (item.kind !== 'progress') this.#block.print(lines)
    this.#block.draw(this.#watch.writesUnderWay(nowMs, this.#ascii), nowMs)
  }

  end(): void {
    this.#block.clear()
    if (this.#style === 'none') writeLines(this.#world.stdout, this.#watch.outcomes)
  }
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
