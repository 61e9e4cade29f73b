import type { Status } from '../contract/status-documents.ts'
import type { RepaveEvent } from '../contract/event.ts'
import { nextFleet } from '../presentation/fleet-draft.ts'
import type { FeedItem } from '../presentation/operator-feed.ts'
import { afterPress } from './after-press.ts'
import { explainOpenMachine } from './explain-open-machine.ts'
import type { Connection, ScreenAction, ScreenState } from './screen-state.ts'

/** So many events can be scrolled through. */
const keptEvents = 1000

/** The screen after one more thing has happened. */
export function nextScreen(state: ScreenState, action: ScreenAction): ScreenState {
  switch (action.kind) {
    case 'tick':
      return afterTick({ ...state, nowMs: action.nowMs })
    case 'press':
      return explainOpenMachine(afterPress(state, action.press))
    case 'images':
      return { ...state, images: action.images }
    case 'status':
      return afterStatus(state, action.status, action.nowMs)
    case 'explanation':
      return withExplanation(state, action)
    case 'confirm':
      return { ...state, confirmation: action.confirmation }
    case 'notice':
      return { ...state, notice: action.notice }
    case 'feed':
    default:
      return afterFeed(state, action.items, action.nowMs)
  }
}

/** The counters of services are told by no event. */
function afterTick(state: ScreenState): ScreenState {
  return state.view === 'services'
    ? { ...state, wish: { kind: 'read', what: 'status' } }
    : explainOpenMachine(state)
}

/** An answer about a machine that is no longer open says nothing about the one that is. */
function withExplanation(
  state: ScreenState,
  { machineId, told }: Extract<ScreenAction, { kind: 'explanation' }>,
): ScreenState {
  return state.asked?.machineId === machineId
    ? { ...state, explanation: { machineId, told } }
    : state
}

function afterStatus(state: ScreenState, now: Status, atMs: number): ScreenState {
  const before = state.status?.now
  return { ...state, status: { now, atMs, ...(before === undefined ? {} : { before }) } }
}

function afterFeed(state: ScreenState, items: readonly FeedItem[], nowMs: number): ScreenState {
  const last = items.at(-1)
  if (last === undefined) return state
  const events = items.flatMap((item) => (item.kind === 'event' ? [item.event] : []))
  const readsImages = items.some(({ kind }) => kind === 'snapshot') || events.some(isAboutImages)
  return {
    ...state,
    nowMs,
    connection: connectionAfter(last),
    fleet: nextFleet(state.fleet, items, nowMs),
    ...(events.length === 0 ? {} : { events: [...state.events, ...events].slice(-keptEvents) }),
    ...(readsImages ? { wish: { kind: 'read', what: 'images' } } : {}),
  }
}

function connectionAfter(item: FeedItem): Connection {
  if (item.kind !== 'disconnected') return { kind: 'connected' }
  const { attempt, reason } = item
  return { kind: 'lost', attempt, reason }
}

function isAboutImages(event: RepaveEvent): boolean {
  return event.type === 'image'
}
