import { describe, expect, it } from 'vitest'

import type { FeedItem } from '../../../src/presentation/operator-feed.ts'
import { cursorIndex, listedIds, selectedMachine } from '../../../src/tui/listed.ts'
import { nextScreen } from '../../../src/tui/next-screen.ts'
import { initialScreen, type ScreenState } from '../../../src/tui/screen-state.ts'
import { runEvent, runningRun, sampleMachine, sampleRun } from '../../fakes/sample-fleet.ts'
import { stuckExplanation } from '../../fakes/stuck-explanation.ts'
import { pressed } from '../../fakes/tui-press.ts'

const snapshot = (count: number): FeedItem => ({
  kind: 'snapshot',
  seq: 1,
  fresh: true,
  machines: Array.from({ length: count }, (_, index) => sampleMachine(index + 1)).toReversed(),
  runs: [runningRun(1, 2), sampleRun(2)],
})
const feed = (state: ScreenState, item: FeedItem) =>
  nextScreen(state, { kind: 'feed', items: [item], nowMs: 5 })
const happens = (state: ScreenState, seq: number) =>
  feed(state, { kind: 'event', event: { ...runEvent(sampleRun(2), 'created'), seq } })
const fleet = (count: number) => feed(initialScreen(0), snapshot(count))
const selected = (state: ScreenState) => selectedMachine(state)?.name

describe(nextScreen, () => {
  it('keeps what was known while the daemon is away', () => {
    const connected = fleet(2)
    const lost = feed(connected, { kind: 'disconnected', attempt: 3, reason: 'reset' })
    expect(lost.connection).toEqual({ kind: 'lost', attempt: 3, reason: 'reset' })
    expect(lost.fleet).toBe(connected.fleet)
    expect(feed(lost, snapshot(2)).connection).toEqual({ kind: 'connected' })
  })

  it('opens nothing where there is no machine', () => {
    expect(pressed(initialScreen(0), '<enter>').view).toBe('machines')
    expect(selected(pressed(initialScreen(0), 'jG'))).toBeUndefined()
  })

  it('moves through machines in the order of their names, and stops at both ends', () => {
    const state = fleet(12)
    expect(selected(state)).toBe('node-1')
    expect(selected(pressed(state, 'jj'))).toBe('node-3')
    expect(selected(pressed(state, '<up>'))).toBe('node-1')
    expect(selected(pressed(state, 'G'))).toBe('node-12')
    expect(selected(pressed(state, '<page-down>', '<page-down>'))).toBe('node-12')
    expect(selected(pressed(state, 'Gg'))).toBe('node-1')
  })

  it('stays on its machine when others come and go', () => {
    const state = pressed(fleet(3), 'j')
    expect(selected(feed(state, snapshot(9)))).toBe('node-2')
    expect(selected(feed(state, snapshot(1)))).toBe('node-1')
  })

  it('goes to each screen by its number, and back', () => {
    const views = ['1', '2', '3', '4', '5', '6'].map((key) => pressed(fleet(2), key).view)
    expect(views).toEqual(['machines', 'machine', 'runs', 'images', 'services', 'events'])
    expect(pressed(fleet(2), '6', '<escape>').view).toBe('machines')
  })

  it('closes help before it leaves a machine', () => {
    const open = pressed(fleet(1), '<enter>', '?')
    expect(open).toMatchObject({ view: 'machine', showsHelp: true })
    expect(pressed(open, '<escape>')).toMatchObject({ view: 'machine', showsHelp: false })
    expect(pressed(open, '<escape>', '<escape>')).toMatchObject({ view: 'machines' })
  })

  it('narrows a list as one types, keeps it on Enter and drops it on Esc', () => {
    const typed = pressed(fleet(12), '/', 'node-1')
    expect(listedIds(typed, 'machines')).toHaveLength(4)
    expect(pressed(typed, '<backspace>', '2', '<enter>').filter).toBe('node-2')
    expect(pressed(typed, '<escape>')).toMatchObject({ filter: '' })
    expect(pressed(typed, '<enter>', '<escape>')).toMatchObject({ filter: '', view: 'machines' })
    expect(pressed(typed, '<enter>', '3')).toMatchObject({ filter: '', view: 'runs' })
  })

  it('follows the newest event until one moves up, and again from the end on', () => {
    const three = [1, 2, 3].reduce(happens, pressed(fleet(1), '6'))
    const at = (state: ScreenState) => cursorIndex(state, 'events', listedIds(state, 'events'))
    expect(at(three)).toBe(2)
    const up = pressed(three, 'k')
    expect([up.follows, at(happens(up, 4))]).toEqual([false, 1])
    expect(pressed(up, 'G').follows).toBe(true)
  })

  it('keeps no more than a thousand events', () => {
    let state = fleet(1)
    for (let seq = 1; seq <= 1200; seq++) state = happens(state, seq)
    expect(state.events.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 1000 }, (_, index) => index + 201),
    )
  })

  it('asks for what no event tells', () => {
    expect(fleet(1).wish).toEqual({ kind: 'read', what: 'images' })
    expect(pressed(fleet(1), '5').wish).toEqual({ kind: 'read', what: 'status' })
    const ticked = nextScreen(pressed(fleet(1), '5'), { kind: 'tick', nowMs: 9 })
    expect(ticked.wish).toEqual({ kind: 'read', what: 'status' })
  })

  it('asks why the open machine is where it is: when it is opened, then every two seconds', () => {
    const machineId = sampleMachine(1).id
    const opened = pressed(fleet(2), '<enter>')
    expect(opened.wish).toEqual({ kind: 'explain', machineId })
    const { wish: _, ...asked } = opened
    const at = (nowMs: number) => nextScreen(asked, { kind: 'tick', nowMs }).wish
    expect([at(1004), at(2004)]).toEqual([undefined, undefined])
    expect(at(2005)).toEqual({ kind: 'explain', machineId })
    expect(pressed(asked, 'j').wish).toEqual({ kind: 'explain', machineId: sampleMachine(2).id })
  })

  it('asks why of nobody while the daemon is away, and not from a list', () => {
    const lost = feed(fleet(1), { kind: 'disconnected', attempt: 1, reason: 'reset' })
    expect(pressed(lost, '<enter>').wish).toBeUndefined()
    expect(nextScreen(pressed(fleet(1), 'j'), { kind: 'tick', nowMs: 9 }).wish).not.toMatchObject({
      kind: 'explain',
    })
  })

  it('forgets an answer about a machine that is no longer open', () => {
    const [first, second] = [sampleMachine(1).id, sampleMachine(2).id]
    const opened = pressed(fleet(2), '<enter>', 'j')
    const answered = (machineId: string) =>
      nextScreen(opened, { kind: 'explanation', machineId, told: stuckExplanation() }).explanation
    expect(answered(first)).toBeUndefined()
    expect(answered(second)?.machineId).toBe(second)
  })

  it('leaves on q and on Ctrl-C, also while something is typed', () => {
    expect(pressed(fleet(1), 'q').wish).toEqual({ kind: 'quit' })
    expect(pressed(fleet(1), ':', 'q').wish).toBeUndefined()
    expect(pressed(fleet(1), ':', 'q', '<enter>').wish).toEqual({ kind: 'quit' })
    expect(pressed(fleet(1), '/', '<interrupt>').wish).toEqual({ kind: 'quit' })
  })

  it('copies the id under the cursor', () => {
    const state = pressed(fleet(3), 'jy')
    expect(state.wish).toEqual({ kind: 'copy', text: sampleMachine(2).id })
  })
})
