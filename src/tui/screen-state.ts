import type { Machine } from '../contract/machine.ts'
import { emptyFleet, type Fleet, nextFleet } from '../presentation/fleet.ts'
import type { FeedItem } from '../presentation/operator-feed.ts'

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  /** The last known state stays on screen. */
  | { readonly kind: 'lost'; readonly attempt: number; readonly reason: string }

/** Everything that decides what the screen shows. */
export interface ScreenState {
  readonly fleet: Fleet
  readonly connection: Connection
  /** The machine under the cursor; the first where absent. */
  readonly selectedId?: string
  /** Whether one machine fills the screen. */
  readonly isOpen: boolean
  readonly showsHelp: boolean
  readonly nowMs: number
}

export type ScreenKey =
  'up' | 'down' | 'page-up' | 'page-down' | 'first' | 'last' | 'open' | 'back' | 'help'

export type ScreenAction =
  | { readonly kind: 'feed'; readonly item: FeedItem; readonly nowMs: number }
  | { readonly kind: 'tick'; readonly nowMs: number }
  | { readonly kind: 'key'; readonly key: ScreenKey }

const pageLength = 10

export function initialScreen(nowMs: number): ScreenState {
  return {
    fleet: emptyFleet,
    connection: { kind: 'connecting' },
    isOpen: false,
    showsHelp: false,
    nowMs,
  }
}

/** The screen after one more thing has happened. */
export function nextScreen(state: ScreenState, action: ScreenAction): ScreenState {
  if (action.kind === 'tick') return { ...state, nowMs: action.nowMs }
  if (action.kind === 'key') return afterKey(state, action.key)
  const { item, nowMs } = action
  if (item.kind === 'disconnected') {
    const { attempt, reason } = item
    return { ...state, nowMs, connection: { kind: 'lost', attempt, reason } }
  }
  const connection = { kind: 'connected' } as const
  return { ...state, nowMs, connection, fleet: nextFleet(state.fleet, item, nowMs) }
}

/** How far a key moves the cursor. */
const steps = {
  up: -1,
  down: 1,
  'page-up': -pageLength,
  'page-down': pageLength,
  first: Number.NEGATIVE_INFINITY,
  last: Number.POSITIVE_INFINITY,
} as const

function afterKey(state: ScreenState, key: ScreenKey): ScreenState {
  if (key === 'help') return { ...state, showsHelp: !state.showsHelp }
  if (key === 'open') return { ...state, isOpen: listedMachines(state).length > 0 }
  if (key !== 'back') return moved(state, steps[key])
  return state.showsHelp ? { ...state, showsHelp: false } : { ...state, isOpen: false }
}

function moved(state: ScreenState, by: number): ScreenState {
  const machines = listedMachines(state)
  const index = Math.min(Math.max(selectedIndex(state, machines) + by, 0), machines.length - 1)
  const machine = machines[index]
  return machine === undefined ? state : { ...state, selectedId: machine.id }
}

/** Machines in the order in which they are listed: by name, `node-2` before `node-10`. */
export function listedMachines(state: ScreenState): Machine[] {
  return [...state.fleet.machines.values()].sort((left, right) =>
    left.name.localeCompare(right.name, 'en', { numeric: true }),
  )
}

/** Place of the cursor in the list; 0 when the machine is gone or none was chosen. */
export function selectedIndex(state: ScreenState, machines: readonly Machine[]): number {
  return Math.max(
    0,
    machines.findIndex((machine) => machine.id === state.selectedId),
  )
}
