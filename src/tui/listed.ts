import type { Image } from '../contract/api-documents.ts'
import type { RepaveEvent } from '../contract/event.ts'
import type { Machine } from '../contract/machine.ts'
import type { Run } from '../contract/run.ts'
import { eventText } from '../presentation/event-text.ts'
import { runOfMachine } from '../presentation/fleet.ts'
import { machineMark } from '../presentation/state-mark.ts'
import { passesFilter } from './row-filter.ts'
import type { ScreenState } from './screen-state.ts'
import type { ListView } from './screen-view.ts'

/** `node-2` before `node-10`. */
const byName = new Intl.Collator('en', { numeric: true })

/** Sorting a thousand names costs more than drawing them: done once for each state of the fleet. */
const sorted = new WeakMap<ReadonlyMap<string, Machine>, Machine[]>()

function sortedMachines(machines: ReadonlyMap<string, Machine>): Machine[] {
  const known = sorted.get(machines)
  if (known !== undefined) return known
  const inUse = [...machines.values()].filter(({ retirement }) => retirement === undefined)
  const list = inUse.sort((left, right) => byName.compare(left.name, right.name))
  sorted.set(machines, list)
  return list
}

/** Machines that pass the filter, in the order of their names. */
export function listedMachines(state: ScreenState): readonly Machine[] {
  const machines = sortedMachines(state.fleet.machines)
  if (state.filter === '' || state.view !== 'machines') return machines
  return machines.filter((machine) =>
    passesFilter(state.filter, {
      name: machine.name,
      state: machineMark(machine, runOfMachine(state.fleet, machine)).word,
      image: machine.imageName ?? '',
      mac: machine.macAddresses.join(' '),
      address: machine.address ?? '',
      label: Object.entries(machine.labels ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    }),
  )
}

/** Runs that pass the filter, the newest first. */
export function listedRuns({ fleet, filter }: ScreenState): readonly Run[] {
  return [...fleet.runs.values()]
    .filter((run) =>
      passesFilter(filter, {
        id: run.id,
        machine: run.machineName,
        workflow: run.workflow,
        image: run.params.imageName ?? '',
        state: run.state,
      }),
    )
    .sort((left, right) => right.createdAtMs - left.createdAtMs)
}

/** Images that pass the filter, in the order of their names. */
export function listedImages({ images, filter }: ScreenState): readonly Image[] {
  return images
    .filter(({ name, version, state }) => passesFilter(filter, { name, version, state }))
    .sort((left, right) => byName.compare(left.name, right.name))
}

/** Events that pass the filter, the oldest first. */
export function listedEvents({ events, filter }: ScreenState): readonly RepaveEvent[] {
  if (filter === '') return events
  return events.filter((event) =>
    passesFilter(filter, {
      type: event.type,
      action: event.action,
      key: event.key,
      principal: event.principal,
      text: eventText(event),
    }),
  )
}

/** Ids of the rows of a list, in its order. */
export function listedIds(state: ScreenState, view: ListView): readonly string[] {
  switch (view) {
    case 'machines':
      return listedMachines(state).map(({ id }) => id)
    case 'runs':
      return listedRuns(state).map(({ id }) => id)
    case 'images':
      return listedImages(state).map(({ name }) => name)
    case 'events':
    default:
      return listedEvents(state).map(({ seq }) => String(seq))
  }
}

/** Place of a list's cursor: the newest event while they are followed, else 0 where its row is gone. */
export function cursorIndex(state: ScreenState, view: ListView, ids: readonly string[]): number {
  if (view === 'events' && state.follows) return Math.max(0, ids.length - 1)
  return Math.max(0, ids.indexOf(state.cursors[view] ?? ''))
}

/** The machine that the screen is about: under the cursor, or that of the run under it. */
export function selectedMachine(state: ScreenState): Machine | undefined {
  if (state.view === 'runs') {
    return state.fleet.machines.get(selectedRun(state)?.machineId ?? '')
  }
  // An open machine stays open when the filter would hide it.
  const chosen = state.fleet.machines.get(state.cursors.machines ?? '')
  if (state.view === 'machine' && chosen !== undefined) return chosen
  const machines = listedMachines(state)
  return machines.find(({ id }) => id === state.cursors.machines) ?? machines[0]
}

function selectedRun(state: ScreenState): Run | undefined {
  const runs = listedRuns(state)
  return runs.find(({ id }) => id === state.cursors.runs) ?? runs[0]
}

/** Machines that a command is for: those marked, else the one that the screen is about. */
export function targetMachines(state: ScreenState): Machine[] {
  const marked = [...state.marked].flatMap((id) => state.fleet.machines.get(id) ?? [])
  if (marked.length > 0 && state.view === 'machines') return marked
  const machine = selectedMachine(state)
  return machine === undefined ? [] : [machine]
}

/** Runs that a command is for: the one under the cursor, else the newest of each target machine. */
export function targetRuns(state: ScreenState): Run[] {
  if (state.view === 'runs') {
    const run = selectedRun(state)
    return run === undefined ? [] : [run]
  }
  return targetMachines(state).flatMap((machine) => runOfMachine(state.fleet, machine) ?? [])
}
