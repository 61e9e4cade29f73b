import type { RepaveEvent } from '../contract/event.ts'
import type { Machine } from '../contract/machine.ts'
import type { Run } from '../contract/run.ts'
import { linesOfEvent, machineOfEvent, runOfEvent } from './event-facts.ts'
import { noteText } from './event-text.ts'
import { emptyFleet, type Fleet, machineIdOf, type NoteLine, notesPerMachine } from './fleet.ts'
import type { FeedItem } from './operator-feed.ts'
import { hasEnded } from './run-stages.ts'
import { shownText } from './shown-text.ts'
import { nextWriteView, type WriteView } from './write-view.ts'

/** The fleet after more items. An older revision never replaces a newer one. */
export function nextFleet(fleet: Fleet, items: readonly FeedItem[], nowMs: number): Fleet {
  const draft = new FleetDraft(fleet)
  for (const item of items) draft.take(item, nowMs)
  return draft.isChanged ? draft.snapshot() : fleet
}

/**
 * A fleet under way. Each map is copied once, when the first item changes it: a thousand events cost what
 * a thousand entries cost, and the fleet that it began with stays as it was.
 */
export class FleetDraft implements Fleet {
  #machines: ChangedMap<Machine>
  #runs: ChangedMap<Run>
  #writes: ChangedMap<WriteView>
  #notes: ChangedMap<readonly NoteLine[]>

  constructor(fleet: Fleet = emptyFleet) {
    this.#machines = new ChangedMap(fleet.machines)
    this.#runs = new ChangedMap(fleet.runs)
    this.#writes = new ChangedMap(fleet.writes)
    this.#notes = new ChangedMap(fleet.notes)
  }

  get machines(): ReadonlyMap<string, Machine> {
    return this.#machines.now
  }

  get runs(): ReadonlyMap<string, Run> {
    return this.#runs.now
  }

  get writes(): ReadonlyMap<string, WriteView> {
    return this.#writes.now
  }

  get notes(): ReadonlyMap<string, readonly NoteLine[]> {
    return this.#notes.now
  }

  /** Whether anything differs from the fleet that it began with. */
  get isChanged(): boolean {
    return [this.#machines, this.#runs, this.#writes, this.#notes].some((map) => map.isChanged)
  }

  /** The fleet as it is now; the draft must take nothing more. */
  snapshot(): Fleet {
    const { machines, runs, writes, notes } = this
    return { machines, runs, writes, notes }
  }

  take(item: FeedItem, nowMs: number): void {
    if (item.kind === 'event') this.#takeEvent(item.event)
    if (item.kind === 'progress') this.#takeProgress(item, nowMs)
    if (item.kind === 'snapshot') this.#takeSnapshot(item)
  }

  #takeSnapshot({ machines, runs, fresh }: Extract<FeedItem, { kind: 'snapshot' }>): void {
    this.#machines.replace(new Map(machines.map((machine) => [machine.id, machine])))
    this.#runs.replace(new Map(runs.map((run) => [run.id, run])))
    if (!fresh) return
    this.#notes.replace(new Map())
    this.#writes.replace(new Map())
  }

  #takeEvent(event: RepaveEvent): void {
    const machine = machineOfEvent(event)
    const run = runOfEvent(event)
    if (event.type === 'machine' && event.action === 'removed') this.#machines.delete(event.key)
    if (machine !== undefined && isNewer(machine, this.machines)) {
      this.#machines.set(machine.id, machine)
    }
    if (run !== undefined && isNewer(run, this.runs)) this.#runs.set(run.id, run)
    if (run !== undefined && hasEnded(run)) this.#writes.delete(run.id)
    this.#takeNotes(event)
  }

  #takeProgress({ runId, progress }: Extract<FeedItem, { kind: 'progress' }>, nowMs: number): void {
    const run = this.runs.get(runId)
    if (run !== undefined && hasEnded(run)) return
    this.#writes.set(runId, nextWriteView(this.writes.get(runId), progress, nowMs))
  }

  #takeNotes(event: RepaveEvent): void {
    const machineId = machineIdOf(this, event)
    if (machineId === undefined) return
    const lines = notesOf(event)
    if (lines.length === 0) return
    const all = [...(this.notes.get(machineId) ?? []), ...lines]
    this.#notes.set(machineId, all.length > notesPerMachine ? all.slice(-notesPerMachine) : all)
  }
}

/** A map, copied when it is first changed. */
class ChangedMap<Value> {
  #now: ReadonlyMap<string, Value>
  #own: Map<string, Value> | undefined

  constructor(from: ReadonlyMap<string, Value>) {
    this.#now = from
  }

  get now(): ReadonlyMap<string, Value> {
    return this.#now
  }

  get isChanged(): boolean {
    return this.#own !== undefined
  }

  set(key: string, value: Value): void {
    this.#changed().set(key, value)
  }

  delete(key: string): void {
    if (this.#now.has(key)) this.#changed().delete(key)
  }

  replace(map: Map<string, Value>): void {
    this.#own = map
    this.#now = map
  }

  #changed(): Map<string, Value> {
    if (this.#own === undefined) this.replace(new Map(this.#now))
    return this.#own ?? new Map()
  }
}

function isNewer(
  value: { readonly id: string; readonly revision: number },
  known: ReadonlyMap<string, { readonly revision: number }>,
): boolean {
  return value.revision >= (known.get(value.id)?.revision ?? 0)
}

function notesOf(event: RepaveEvent): readonly NoteLine[] {
  const { timeMs, type } = event
  if (type === 'machine' && ['created', 'updated', 'drift'].includes(event.action)) return []
  if (type !== 'log') return [{ timeMs, source: shownText(type, 12), text: noteText(event) }]
  return linesOfEvent(event).map((line) => ({
    ...{ timeMs, source: 'agent' },
    text: shownText(line, 400),
  }))
}
