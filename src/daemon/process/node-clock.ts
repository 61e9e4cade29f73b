import type { Clock } from '../../base/clock.ts'
import type { Timers } from '../domain/workflow/timers.ts'

/** The time of this machine. */
export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/** `setTimeout` counts milliseconds in 31 bits and fires at once beyond. */
const longestTimeoutMs = 2 ** 31 - 1

/** Real waiting. A pending timer does not keep the process alive. */
export const nodeTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, longestTimeoutMs))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
