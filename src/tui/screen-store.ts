import { nextScreen } from './next-screen.ts'
import type { ScreenAction, ScreenState, Wish } from './screen-state.ts'

/** Frames are drawn at most this often, however fast the daemon tells. */
const frameIntervalMs = 100

/** Holds the screen's state; shows it at once after a key, at most ten times a second otherwise. */
export class ScreenStore {
  #state: ScreenState
  /** What is on screen: stays the same object until the next frame is due. */
  #shown: ScreenState
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

  dispatch(action: ScreenAction): void {
    const { wish, ...state } = nextScreen(this.#state, action)
    this.#state = state
    if (action.kind === 'press') this.#show()
    else this.#timer ??= setTimeout(() => this.#show(), frameIntervalMs)
    if (wish !== undefined) this.#onWish(wish)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#listeners.clear()
  }

  #show(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#shown = this.#state
    for (const listener of this.#listeners) listener()
  }
}
