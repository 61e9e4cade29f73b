import type { Clock } from '../../src/base/clock.ts'

/** The clock of the machine, for tests on real sockets. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}
