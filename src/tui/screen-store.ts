import type { FeedItem } from '../presentation/operator-feed.ts'
import { nextScreen } from './next-screen.ts'
import type { ScreenAction, ScreenState, Wish } from './screen-state.ts'

/** Frames are drawn at most this often, however fast the daemon tells. */
const frameIntervalMs = 100

/** Holds the screen's state; shows it at once after a key, at most ten times a second otherwise. */
export class ScreenStore {
  #state: ScreenState
  /** What is on screen: stays the same object until the next frame is due. */
  #shown: ScreenState
  /** What the daemon told since: a thousand items are one step of the state. */
  #told: FeedItem[] = []
  #timer: NodeJS.Timeout | undefined
  readonly #onWish: (wish: Wish) => void
  readonly #listeners = new Set<() => void>()

  /** @param onWish what the screen asks of the world, as it asks */
  constructor(initial: ScreenState, onWish: (wish: Wish) => void) {
    this.#state = initial
    this.#shown = initial
    this.#onWish = onWish
  }

  readonly read = (): ScreenState => this.#shown

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes one thing that the daemon tells; it counts from the next frame or the next action on. */
  tell(item: FeedItem): void {
    this.#told.push(item)
    this.#showSoon()
  }

  dispatch(action: ScreenAction): void {
    this.#takeTold()
    this.#take(action)
    if (action.kind === 'press') this.#show()
    else this.#showSoon()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#listeners.clear()
  }

  #takeTold(): void {
    const items = this.#told
    if (items.length === 0) return
    this.#told = []
    this.#take({ kind: 'feed', items, nowMs: Date.now() })
  }

  #take(action: ScreenAction): void {
    const { wish, ...state } = nextScreen(this.#state, action)
    this.#state = state
    if (wish !== undefined) this.#onWish(wish)
  }

  #showSoon(): void {
    this.#timer ??= setTimeout(() => this.#show(), frameIntervalMs)
  }

  #show(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#takeTold()
    this.#shown = this.#state
    for (const listener of this.#listeners) listener()
  }
}
