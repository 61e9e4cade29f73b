import { eventListSchema } from '../contract/api-documents.ts'
import type { RepaveEvent } from '../contract/event.ts'
import type { Machine } from '../contract/machine.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { DaemonUnreachableError } from '../operator-client/errors.ts'
import { openFeed } from '../operator-client/open-feed.ts'
import { machineIdOf } from '../presentation/fleet.ts'
import { endpointText } from '../presentation/operator-endpoint.ts'
import { type CliWorld, writeLines } from './cli-world.ts'
import type { CommonOptions } from './command-line.ts'
import { exitCodes } from './exit-code.ts'
import { jsonText, versionRecord } from './output.ts'

/** Events asked for at a time. */
const pageLength = 1000

export interface RecordWishes {
  readonly machine: Machine
  /** Only these; every one where absent. */
  readonly topic?: string
  /** Behind this event. Default: from the first one on. */
  readonly since?: number
  /** Stay, and print what happens. */
  readonly follow: boolean
  isWanted?(event: RepaveEvent): boolean
  /** What an event is worth on a terminal. */
  linesOf(event: RepaveEvent): readonly string[]
}

/** Prints what the daemon's record tells about one machine, oldest first; as JSON lines where that is asked for. */
export async function printRecord(
  world: CliWorld,
  connection: DaemonConnection,
  { output }: CommonOptions,
  wishes: RecordWishes,
): Promise<number> {
  const isJson = output === 'json' || output === 'jsonl'
  if (isJson) writeLines(world.stdout, [versionRecord()])
  const print = (event: RepaveEvent) => {
    if (wishes.isWanted?.(event) === false) return
    writeLines(world.stdout, isJson ? [jsonText(event)] : wishes.linesOf(event))
  }
  const last = await readPast(connection, wishes, print)
  if (!wishes.follow) return exitCodes.done
  return followOn(world, connection, { ...wishes, since: last }, print)
}

/** Resolves to the number of the newest event there was. */
async function readPast(
  connection: DaemonConnection,
  { machine, topic, since = 0 }: RecordWishes,
  print: (event: RepaveEvent) => void,
): Promise<number> {
  const narrowed = { machine: machine.id, ...(topic === undefined ? {} : { topic }) }
  let next = since
  for (;;) {
    const query = new URLSearchParams({
      ...narrowed,
      since: String(next),
      limit: String(pageLength),
    })
    const path = `/events?${query.toString()}`
    const page = await askDaemon(connection, { path }, eventListSchema)
    page.items.forEach(print)
    if (page.next === undefined || page.next <= next || page.next >= page.seq) return page.seq
    next = page.next
  }
}

async function followOn(
  world: CliWorld,
  connection: DaemonConnection,
  { machine, topic, since }: RecordWishes,
  print: (event: RepaveEvent) => void,
): Promise<number> {
  const known = { machines: new Map([[machine.id, machine]]) }
  const addresses = [machine.address, ...machine.macAddresses].filter((one) => one !== undefined)
  const ofMachine = `*.*.${[machine.id, ...addresses].join(',')}`
  // A run's own number is its key.
  const topics = topic === undefined ? [ofMachine, 'run.*.*'] : [topic]
  let begun = false
  const feed = openFeed({ ...connection, topics, ...(since === undefined ? {} : { since }) })
  for await (const item of feed) {
    if (item.kind === 'disconnected') {
      if (!begun) {
        throw new DaemonUnreachableError(endpointText(connection.endpoint), new Error(item.reason))
      }
      writeLines(world.stderr, [`connection lost (${item.reason}), reconnecting`])
    }
    begun = true
    if (item.kind === 'event' && machineIdOf(known, item.event) === machine.id) print(item.event)
  }
  return exitCodes.interrupted
}
