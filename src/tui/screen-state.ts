import type { Image } from '../contract/api-documents.ts'
import type { Status } from '../contract/status-documents.ts'
import type { RepaveEvent } from '../contract/event.ts'
import type { Explanation } from '../contract/explanation.ts'
import { emptyFleet, type Fleet } from '../presentation/fleet.ts'
import type { FeedItem } from '../presentation/operator-feed.ts'
import type { Tone } from '../presentation/state-mark.ts'
import type { Order } from './order.ts'
import type { Press } from './press.ts'
import type { ListView, ScreenView } from './screen-view.ts'

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  /** The last known state stays on screen. */
  | { readonly kind: 'lost'; readonly attempt: number; readonly reason: string }

/** What is being typed on the last line: `/` narrows the list at once, `:` waits for Enter. */
export interface Entry {
  readonly kind: 'filter' | 'command'
  readonly text: string
}

/** Asks before something is done. */
export interface Confirmation {
  readonly title: string
  /** The plan, or what is lost. */
  readonly lines: readonly string[]
  readonly order: Order
  /** What has to be typed, letter by letter. */
  readonly expected: string
  readonly typed: string
}

export interface Notice {
  readonly text: string
  readonly tone: Tone
}

/** What the screen asks of the world. */
export type Wish =
  | { readonly kind: 'quit' }
  | { readonly kind: 'copy'; readonly text: string }
  /** Have the daemon plan it, then ask the person. */
  | { readonly kind: 'plan'; readonly order: Extract<Order, { verb: 'deploy' }> }
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'read'; readonly what: 'images' | 'status' }
  | { readonly kind: 'explain'; readonly machineId: string }

/** Everything that decides what the screen shows. */
export interface ScreenState {
  readonly fleet: Fleet
  /** The newest that were told, oldest first; a bounded number. */
  readonly events: readonly RepaveEvent[]
  readonly images: readonly Image[]
  /** The daemon's services, and how they were when asked before. */
  readonly status?: { readonly now: Status; readonly before?: Status; readonly atMs: number }
  /** Why the machine that was last asked about is where it is. */
  readonly explanation?: { readonly machineId: string; readonly told: Explanation }
  /** When that was asked, whether or not it was answered. */
  readonly asked?: { readonly machineId: string; readonly atMs: number }
  readonly connection: Connection
  readonly view: ScreenView
  /** Ids under the cursors; the first row where absent. */
  readonly cursors: Readonly<Partial<Record<ListView, string>>>
  /** Machines that were chosen with the space bar. */
  readonly marked: ReadonlySet<string>
  readonly filter: string
  readonly entry?: Entry
  readonly confirmation?: Confirmation
  readonly notice?: Notice
  /** Whether the newest line stays in sight. */
  readonly follows: boolean
  /** Whether long lines of a log go on below. */
  readonly wraps: boolean
  readonly showsHelp: boolean
  /** Nothing that changes anything can be asked for. */
  readonly isReadOnly: boolean
  readonly nowMs: number
  /** Taken, and removed, by whoever holds the state. */
  readonly wish?: Wish
}

export type ScreenAction =
  | { readonly kind: 'feed'; readonly items: readonly FeedItem[]; readonly nowMs: number }
  | { readonly kind: 'tick'; readonly nowMs: number }
  | { readonly kind: 'press'; readonly press: Press }
  | { readonly kind: 'images'; readonly images: readonly Image[] }
  | { readonly kind: 'status'; readonly status: Status; readonly nowMs: number }
  | { readonly kind: 'explanation'; readonly machineId: string; readonly told: Explanation }
  | { readonly kind: 'confirm'; readonly confirmation: Confirmation }
  | { readonly kind: 'notice'; readonly notice: Notice }

export function initialScreen(nowMs: number, isReadOnly = false): ScreenState {
  return {
    fleet: emptyFleet,
    events: [],
    images: [],
    connection: { kind: 'connecting' },
    view: 'machines',
    cursors: {},
    marked: new Set(),
    filter: '',
    follows: true,
    wraps: false,
    showsHelp: false,
    isReadOnly,
    nowMs,
  }
}
