import { initialScreen, nextScreen, type ScreenAction, type ScreenState } from './screen-state.ts'

/** Frames are drawn at most this often, however fast the daemon tells. */
const frameIntervalMs = 100

/** Holds the screen's state; shows it at once after a key, at most ten times a second otherwise. */
export class ScreenStore {
  #state: ScreenState
  /** What is on screen: stays the same object until the next frame is due. */
  #shown: ScreenState
  #timer: NodeJS.Timeout | undefined
  readonly #listeners = new Set<() => void>()

  constructor(nowMs: number) {
    this.#state = initialScreen(nowMs)
    this.#shown = this.#state
  }

  readonly read = (): ScreenState => this.#shown

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  dispatch(action: ScreenAction): void {
    this.#state = nextScreen(this.#state, action)
    if (action.kind === 'key') this.#show()
    else this.#timer ??= setTimeout(() => this.#show(), frameIntervalMs)
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
