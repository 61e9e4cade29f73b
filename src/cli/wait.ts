import type { Command } from 'commander'

import { durationText, readDurationMs } from '../presentation/duration-text.ts'
import { openFeed } from '../operator-client/open-feed.ts'
import { emptyFleet, type Fleet } from '../presentation/fleet.ts'
import { nextFleet } from '../presentation/fleet-draft.ts'
import type { FeedItem } from '../presentation/operator-feed.ts'
import { endpointText } from '../presentation/operator-endpoint.ts'
import { shownText } from '../presentation/shown-text.ts'
import { writeLines } from './cli-world.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { readMachines, readRuns } from './daemon-lists.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { DaemonUnreachableError } from '../operator-client/errors.ts'
import { UsageError } from './errors.ts'
import { exitCodes } from './exit-code.ts'
import { findMachine, findRun } from './references.ts'
import {
  isOutOfReach,
  readCondition,
  type WaitCondition,
  type WaitedThing,
} from './wait-condition.ts'

interface WaitOptions extends CommonOptions {
  readonly for: string
  readonly timeout: string
}

/** `repave wait KIND/NAME --for FIELD=VALUE`. */
export function waitCommand(line: CommandLine, program: Command): void {
  addCommand(line, program, {
    words: 'wait <thing>',
    summary: 'until a machine or a run is as you say; exits with 1 once it can no longer be',
    examples: [
      'wait machine/node-1 --for state=deployed --timeout 30m',
      'wait run/6f1c2d3e --for state=succeeded',
    ],
  })
    .requiredOption('--for <conditions>', 'FIELD=VALUE, several with commas between them')
    .option('--timeout <time>', 'give up after this (90s, 30m, 2h)', '30m')
    .action(
      runs(line, async (reference: string, options: WaitOptions) => {
        const conditions = options.for.split(',').map(readCondition)
        const timeoutMs = readDurationMs(options.timeout)
        if (timeoutMs === undefined) {
          throw new UsageError(`no time: --timeout ${shownText(options.timeout)}`, {
            remedy: 'give one such as --timeout 30m',
          })
        }
        const connection = connectionOf(line, options)
        const pick = await thingPicker(connection, reference)
        return waitFor(line, connection, { pick, conditions, timeoutMs, reference })
      }),
    )
}

type PickThing = (fleet: Fleet) => WaitedThing | undefined

/** Finds the thing once, by any of its names; from then on it is followed by its id. */
async function thingPicker(connection: DaemonConnection, reference: string): Promise<PickThing> {
  const [kind = '', name = ''] = reference.split(/\/(.*)/s)
  const machines = (await readMachines(connection)).items
  if (kind === 'machine') {
    const { id } = findMachine(machines, name)
    return (fleet) => {
      const machine = fleet.machines.get(id)
      return machine && { machine, run: fleet.runs.get(machine.runId ?? '') }
    }
  }
  if (kind === 'run') {
    const { id } = findRun((await readRuns(connection)).items, machines, name)
    return (fleet) => {
      const run = fleet.runs.get(id)
      return run && { run }
    }
  }
  throw new UsageError(`cannot wait for ${shownText(reference)}`, {
    remedy: 'say machine/NAME or run/ID',
  })
}

interface Wait {
  readonly pick: PickThing
  readonly conditions: readonly WaitCondition[]
  readonly timeoutMs: number
  /** As it was typed. */
  readonly reference: string
}

async function waitFor(
  line: CommandLine,
  connection: DaemonConnection,
  wait: Wait,
): Promise<number> {
  const timeout = AbortSignal.timeout(wait.timeoutMs)
  const signal = AbortSignal.any([connection.signal, timeout])
  const { stdout, stderr } = line.world
  let fleet = emptyFleet
  for await (const item of openFeed({ ...connection, signal, topics: ['machine,run.*.*'] })) {
    refuseAbsence(item, fleet, connection)
    fleet = nextFleet(fleet, [item], Date.now())
    const thing = wait.pick(fleet)
    if (thing === undefined) continue
    if (wait.conditions.every((condition) => condition.isMet(thing))) {
      writeLines(stdout, [`${shownText(wait.reference)} complete`])
      return exitCodes.done
    }
    const hopeless = wait.conditions.find((condition) => isOutOfReach(condition, thing))
    if (hopeless !== undefined) {
      writeLines(stderr, [
        `${shownText(wait.reference)} ended with ${hopeless.field}=${shownText(hopeless.valueOf(thing))}`,
      ])
      return exitCodes.failed
    }
  }
  if (!timeout.aborted) return exitCodes.interrupted
  writeLines(stderr, [`${shownText(wait.reference)} timeout after ${durationText(wait.timeoutMs)}`])
  return exitCodes.timedOut
}

/** A daemon that goes away later comes back; one that was never there is an error. */
function refuseAbsence(item: FeedItem, fleet: Fleet, connection: DaemonConnection): void {
  if (item.kind === 'disconnected' && fleet === emptyFleet) {
    throw new DaemonUnreachableError(endpointText(connection.endpoint), new Error(item.reason))
  }
}
