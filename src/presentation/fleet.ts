import type { RepaveEvent } from '../contract/event.ts'
import type { Machine } from '../contract/machine.ts'
import type { Run } from '../contract/run.ts'
import { linesOfEvent, machineOfEvent, runOfEvent } from './event-facts.ts'
import { noteText } from './event-text.ts'
import type { FeedItem } from './operator-feed.ts'
import { hasEnded } from './run-stages.ts'
import { shownText } from './shown-text.ts'
import { nextWriteView, type WriteView } from './write-view.ts'

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

/** The fleet after one more item. An older revision never replaces a newer one. */
export function nextFleet(fleet: Fleet, item: FeedItem, nowMs: number): Fleet {
  if (item.kind === 'event') return withEvent(fleet, item.event)
  if (item.kind === 'progress') return withProgress(fleet, item, nowMs)
  if (item.kind === 'disconnected') return fleet
  return {
    ...fleet,
    machines: new Map(item.machines.map((machine) => [machine.id, machine])),
    runs: new Map(item.runs.map((run) => [run.id, run])),
    ...(item.fresh ? { notes: new Map(), writes: new Map() } : {}),
  }
}

function withEvent(fleet: Fleet, event: RepaveEvent): Fleet {
  const machine = machineOfEvent(event)
  const run = runOfEvent(event)
  const machines = machine === undefined ? fleet.machines : withNewer(fleet.machines, machine)
  const runs = run === undefined ? fleet.runs : withNewer(fleet.runs, run)
  const writes = run !== undefined && hasEnded(run) ? without(fleet.writes, run.id) : fleet.writes
  return { machines, runs, writes, notes: withNotes({ ...fleet, machines }, event) }
}

function withProgress(
  fleet: Fleet,
  { runId, progress }: Extract<FeedItem, { kind: 'progress' }>,
  nowMs: number,
): Fleet {
  const run = fleet.runs.get(runId)
  if (run !== undefined && hasEnded(run)) return fleet
  const view = nextWriteView(fleet.writes.get(runId), progress, nowMs)
  return { ...fleet, writes: new Map(fleet.writes).set(runId, view) }
}

function withNewer<Value extends { readonly id: string; readonly revision: number }>(
  values: ReadonlyMap<string, Value>,
  value: Value,
): ReadonlyMap<string, Value> {
  const known = values.get(value.id)
  if (known !== undefined && known.revision > value.revision) return values
  return new Map(values).set(value.id, value)
}

function without<Value>(
  values: ReadonlyMap<string, Value>,
  key: string,
): ReadonlyMap<string, Value> {
  if (!values.has(key)) return values
  const rest = new Map(values)
  rest.delete(key)
  return rest
}

function withNotes(fleet: Fleet, event: RepaveEvent): Fleet['notes'] {
  const machineId = machineIdOf(fleet, event)
  if (machineId === undefined) return fleet.notes
  const source = event.type === 'log' ? 'agent' : shownText(event.type, 12)
  const texts =
    event.type === 'log'
      ? linesOfEvent(event).map((line) => shownText(line, 400))
      : event.type === 'machine'
        ? []
        : [noteText(event)]
  if (texts.length === 0) return fleet.notes
  const lines = texts.map((text) => ({ timeMs: event.timeMs, source, text }))
  const all = [...(fleet.notes.get(machineId) ?? []), ...lines].slice(-notesPerMachine)
  return new Map(fleet.notes).set(machineId, all)
}

/** Which machine an event is about: named by it, else owner of the MAC or IP address that is its key. */
export function machineIdOf(
  fleet: Pick<Fleet, 'machines'>,
  event: RepaveEvent,
): string | undefined {
  if (event.machineId !== undefined) return event.machineId
  const run = runOfEvent(event)
  if (run !== undefined) return run.machineId
  for (const machine of fleet.machines.values()) {
    const addresses: readonly string[] = [...machine.macAddresses, machine.address ?? '']
    if (event.key !== '' && addresses.includes(event.key)) return machine.id
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
