import type { Timers } from '../domain/workflow/timers.ts'

/** `setTimeout`; a wait alone does not keep the process alive. */
export const nodeTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref()
    return () => clearTimeout(timer)
  },
}
