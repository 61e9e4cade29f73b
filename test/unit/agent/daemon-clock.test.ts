import { describe, expect, test } from 'vitest'

import { DaemonClock } from '../../../src/agent/daemon-clock.ts'

describe('DaemonClock', () => {
  test('tells the time of the daemon, however wrong the own one is or becomes (B23)', () => {
    const own = { wallMs: Date.UTC(1970, 0, 1), sinceBootMs: 5_000 }
    const clock = new DaemonClock({
      nowMs: () => own.wallMs,
      monotonicMs: () => own.sinceBootMs,
    })
    expect(clock.nowMs()).toBe(Date.UTC(1970, 0, 1))
    const told = Date.UTC(2026, 10, 25, 12)
    clock.setTo(told)
    expect(clock.nowMs()).toBe(told)
    own.wallMs = Date.UTC(2099, 0, 1)
    own.sinceBootMs += 1_500.4
    expect(clock.nowMs()).toBe(told + 1_500)
    expect(clock.monotonicMs()).toBe(own.sinceBootMs)
  })
})
