import { describe, expect, it } from 'vitest'

import type { FeedItem } from '../../../src/presentation/operator-feed.ts'
import {
  initialScreen,
  listedMachines,
  nextScreen,
  type ScreenKey,
  type ScreenState,
  selectedIndex,
} from '../../../src/tui/screen-state.ts'
import { sampleMachine, sampleRun } from '../../fakes/sample-fleet.ts'

const snapshot = (count: number): FeedItem => ({
  kind: 'snapshot',
  seq: 1,
  fresh: true,
  machines: Array.from({ length: count }, (_, index) => sampleMachine(index + 1)).toReversed(),
  runs: [sampleRun(1)],
})
const feed = (state: ScreenState, item: FeedItem) =>
  nextScreen(state, { kind: 'feed', item, nowMs: 5 })
const press = (state: ScreenState, ...keys: ScreenKey[]) =>
  keys.reduce((before, key) => nextScreen(before, { kind: 'key', key }), state)
const selected = (state: ScreenState) => {
  const machines = listedMachines(state)
  return machines[selectedIndex(state, machines)]?.name
}

describe(nextScreen, () => {
  it('keeps what was known while the daemon is away', () => {
    const connected = feed(initialScreen(0), snapshot(2))
    const lost = feed(connected, { kind: 'disconnected', attempt: 3, reason: 'reset' })
    expect(lost.connection).toEqual({ kind: 'lost', attempt: 3, reason: 'reset' })
    expect(lost.fleet).toBe(connected.fleet)
    expect(feed(lost, snapshot(2)).connection).toEqual({ kind: 'connected' })
  })

  it('opens nothing where there is no machine', () => {
    expect(press(initialScreen(0), 'open').isOpen).toBe(false)
    expect(selected(press(initialScreen(0), 'down', 'last'))).toBeUndefined()
  })

  it('moves through machines in the order of their names, and stops at both ends', () => {
    const state = feed(initialScreen(0), snapshot(12))
    expect(selected(state)).toBe('node-1')
    expect(selected(press(state, 'down', 'down'))).toBe('node-3')
    expect(selected(press(state, 'up'))).toBe('node-1')
    expect(selected(press(state, 'last'))).toBe('node-12')
    expect(selected(press(state, 'page-down', 'page-down'))).toBe('node-12')
    expect(selected(press(state, 'last', 'first'))).toBe('node-1')
  })

  it('stays on its machine when others come and go', () => {
    const state = press(feed(initialScreen(0), snapshot(3)), 'down')
    expect(selected(feed(state, snapshot(9)))).toBe('node-2')
    expect(selected(feed(state, snapshot(1)))).toBe('node-1')
  })

  it('closes help before it closes a machine', () => {
    const open = press(feed(initialScreen(0), snapshot(1)), 'open', 'help')
    expect(open).toMatchObject({ isOpen: true, showsHelp: true })
    expect(press(open, 'back')).toMatchObject({ isOpen: true, showsHelp: false })
    expect(press(open, 'back', 'back')).toMatchObject({ isOpen: false, showsHelp: false })
  })
})
