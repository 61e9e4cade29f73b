import type { Clock } from '../../../base/clock.ts'

/** About what a firmware on the same switch takes to answer a window. */
const awakeMs = 0.2

/**
 * Keeps the event loop from falling asleep for a moment: a processor that sleeps is woken by a packet
 * tens of microseconds late, and a transfer in blocks waits once for each window. All sockets are
 * served meanwhile, and it ends by itself when nothing answers in time.
 */
export class Wakefulness {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #untilMs = 0
  #isAwake = false

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** Whether an answer that took so long would have come while we were awake. */
  isWorthIt(answeredInMs: number): boolean {
    return answeredInMs < awakeMs
  }

  stayAwake(): void {
    this.#untilMs = this.#clock.monotonicMs() + awakeMs
    if (this.#isAwake) return
    this.#isAwake = true
    setImmediate(this.#turn)
  }

  // A pending immediate makes the event loop look for packets without waiting for any.
  readonly #turn = (): void => {
    this.#isAwake = this.#clock.monotonicMs() < this.#untilMs
    if (this.#isAwake) setImmediate(this.#turn)
  }
}
