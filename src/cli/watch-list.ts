import { setTimeout as sleep } from 'node:timers/promises'

import { openFeed } from '../operator-client/open-feed.ts'
import { endpointText } from '../presentation/operator-endpoint.ts'
import { type CliWorld, writeLines } from './cli-world.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { DaemonUnreachableError } from '../operator-client/errors.ts'
import { exitCodes } from './exit-code.ts'
import { beginAppending, jsonText, type ListOptions, listLines, type ShownList } from './output.ts'

/** A list to be read again whenever something happens that its topics cover. */
export interface WatchedList<Item> {
  readonly topics: readonly string[]
  read(): Promise<ShownList<Item>>
}

/** Changes that come together are shown together. */
const quietMs = 300

/**
 * Shows a list and what changes in it, until the person interrupts: drawn anew in place on a terminal,
 * elsewhere the rows that are new or other than before.
 *
 * @throws {UsageError} for a format that cannot be appended to
 * @throws {DaemonUnreachableError} when no daemon answers in the beginning
 */
export async function watchList<Item>(
  world: CliWorld,
  connection: DaemonConnection,
  options: ListOptions,
  source: WatchedList<Item>,
): Promise<number> {
  const view = listView<Item>(world, options)
  let drawing: Promise<void> | undefined
  let failure: unknown
  let connected = false
  const draw = async () => {
    await sleep(connected ? quietMs : 0)
    drawing = undefined
    view(await source.read())
  }
  for await (const item of openFeed({ ...connection, topics: source.topics })) {
    if (failure !== undefined) throw failure
    if (item.kind === 'progress') continue
    if (item.kind === 'disconnected') {
      if (!connected) {
        throw new DaemonUnreachableError(endpointText(connection.endpoint), new Error(item.reason))
      }
      writeLines(world.stderr, [`connection lost (${item.reason}), reconnecting`])
      continue
    }
    // One that is asked for while another is being read comes after it.
    drawing ??= draw().catch((thrown: unknown) => {
      // The feed tells when the daemon is gone, and draws again when it is back.
      if (!(thrown instanceof DaemonUnreachableError)) failure = thrown
    })
    connected = true
  }
  return exitCodes.interrupted
}

type ListView<Item> = (list: ShownList<Item>) => void

function listView<Item>(world: CliWorld, options: ListOptions): ListView<Item> {
  const { output } = options
  beginAppending(world, '--watch', output)
  const isDrawn = world.stdout.isTTY === true && (output === 'table' || output === 'wide')
  return isDrawn ? drawnView(world, options) : appendedView(world, options)
}

/** Goes back over what it drew last. */
function drawnView<Item>(world: CliWorld, options: ListOptions): ListView<Item> {
  let drawnLines = 0
  return (list) => {
    const lines = listLines(options, list)
    if (drawnLines > 0) world.stdout.write(`\u001b[${drawnLines}A\u001b[J`)
    writeLines(world.stdout, lines)
    drawnLines = lines.length
  }
}

/** Writes the rows that are new or other than before. */
function appendedView<Item>(world: CliWorld, options: ListOptions): ListView<Item> {
  let before = new Set<string>()
  return (list) => {
    const [heading, rows] = rowsOf(options, list)
    if (before.size === 0 && heading !== undefined) writeLines(world.stdout, [heading])
    writeLines(
      world.stdout,
      rows.filter((row) => !before.has(row)),
    )
    before = new Set(rows)
  }
}

function rowsOf<Item>(
  options: ListOptions,
  list: ShownList<Item>,
): [heading: string | undefined, rows: string[]] {
  const { items } = list
  if (options.output === 'name') return [undefined, items.map((item) => list.nameOf(item))]
  if (options.output === 'jsonl') return [undefined, items.map((item) => jsonText(item))]
  const [heading, ...rows] = listLines(options, list)
  return [heading, rows]
}
