import type { RepaveEvent } from '../contract/event.ts'
import type { Machine } from '../contract/machine.ts'
import type { Run } from '../contract/run.ts'
import { runOfEvent } from './event-facts.ts'
import type { WriteView } from './write-view.ts'

export interface NoteLine {
  readonly timeMs: number
  /** `agent`, `boot`, `run` …: who says so. */
  readonly source: string
  readonly text: string
}

/** Everything that the feed has told: machines, runs, writes under way, and the last words of each machine. */
export interface Fleet {
  readonly machines: ReadonlyMap<string, Machine>
  readonly runs: ReadonlyMap<string, Run>
  /** By run id. */
  readonly writes: ReadonlyMap<string, WriteView>
  /** By machine id, oldest first, at most {@link notesPerMachine}. */
  readonly notes: ReadonlyMap<string, readonly NoteLine[]>
}

export const notesPerMachine = 200

export const emptyFleet: Fleet = {
  machines: new Map(),
  runs: new Map(),
  writes: new Map(),
  notes: new Map(),
}

/** Which machine an event is about: named by it, else owner of the MAC or IP address that is its key. */
export function machineIdOf(
  fleet: Pick<Fleet, 'machines'>,
  event: RepaveEvent,
): string | undefined {
  if (event.machineId !== undefined) return event.machineId
  const run = runOfEvent(event)
  if (run !== undefined) return run.machineId
  const { key } = event
  if (key === '') return undefined
  for (const machine of fleet.machines.values()) {
    const addresses: readonly string[] = machine.macAddresses
    if (machine.address === key || addresses.includes(key)) return machine.id
  }
  return undefined
}

/** The run under way on a machine, or its last one. */
export function runOfMachine(fleet: Pick<Fleet, 'runs'>, machine: Machine): Run | undefined {
  if (machine.runId !== undefined) {
    const named = fleet.runs.get(machine.runId)
    if (named !== undefined) return named
  }
  let latest: Run | undefined
  for (const run of fleet.runs.values()) {
    if (run.machineId === machine.id && run.createdAtMs >= (latest?.createdAtMs ?? 0)) latest = run
  }
  return latest
}
