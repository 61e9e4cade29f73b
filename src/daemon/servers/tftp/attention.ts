import type { Clock } from '../../../base/clock.ts'

/** Somebody who may have been sent a datagram that nobody has looked at yet. */
export interface Listener {
  /** Takes one waiting datagram and deals with it; false when there is none. */
  hearOne(): boolean
}

/** About what a firmware on the same switch takes to answer a window. */
const patienceMs = 0.2
/** The event loop has its turn after this long at the latest. */
const sliceMs = 0.3

/**
 * Looks for answers that are about to come rather than wait to be woken: a processor that sleeps is
 * woken by a packet tens of microseconds late, and a transfer in blocks waits once for each window. Ends
 * by itself when nothing answers in time.
 */
export class Attention {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #expecting = new Map<Listener, number>()
  #isAwake = false

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** Whether an answer that took so long would have been looked for all the while. */
  isWorthIt(answeredInMs: number): boolean {
    return answeredInMs < patienceMs
  }

  expect(listener: Listener): void {
    this.#expecting.set(listener, this.#clock.monotonicMs() + patienceMs)
    if (this.#isAwake) return
    this.#isAwake = true
    setImmediate(this.#turn)
  }

  forget(listener: Listener): void {
    this.#expecting.delete(listener)
  }

  readonly #turn = (): void => {
    const sliceEndMs = this.#clock.monotonicMs() + sliceMs
    for (let nowMs = 0; this.#expecting.size > 0 && nowMs < sliceEndMs;) {
      nowMs = this.#clock.monotonicMs()
      for (const [listener, untilMs] of this.#expecting) {
        if (!listener.hearOne() && nowMs > untilMs) this.#expecting.delete(listener)
      }
    }
    this.#isAwake = this.#expecting.size > 0
    if (this.#isAwake) setImmediate(this.#turn)
  }
}
