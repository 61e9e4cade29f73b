import { describe, expect, it } from 'vitest'

import { nextScreen } from '../../../src/tui/next-screen.ts'
import { orderCommands } from '../../../src/tui/order.ts'
import { initialScreen, type ScreenState } from '../../../src/tui/screen-state.ts'
import {
  failedRun,
  runningRun,
  sampleMachine,
  sampleRun,
  succeededRun,
} from '../../fakes/sample-fleet.ts'
import { pressed } from '../../fakes/tui-press.ts'

const fleet = (isReadOnly = false): ScreenState =>
  nextScreen(initialScreen(0, isReadOnly), {
    kind: 'feed',
    nowMs: 5,
    items: [
      {
        kind: 'snapshot',
        seq: 1,
        fresh: true,
        machines: [1, 2, 3, 4].map((number) => sampleMachine(number)),
        runs: [
          succeededRun(1),
          runningRun(2, 2),
          failedRun(3),
          sampleRun(4, { state: 'waiting-approval' }),
        ],
      },
    ],
  })

/** The command lines that would do what the screen wishes. */
function wished(state: ScreenState): string[] {
  const { wish } = state
  return wish?.kind === 'order' || wish?.kind === 'plan' ? orderCommands(wish.order) : []
}

describe('a command behind :', () => {
  it('offers the nearest word for one that it does not know', () => {
    expect(pressed(fleet(), ':', 'evnets', '<enter>').notice?.text).toBe(
      'no command: evnets; did you mean events?',
    )
    expect(pressed(fleet(), ':', 'machine node-9', '<enter>').notice?.text).toContain('node-1')
  })

  it('shows a view by the beginning of its name, and a machine by its name', () => {
    expect(pressed(fleet(), ':', 'ev', '<enter>').view).toBe('events')
    const machine = pressed(fleet(), ':', 'machine node-3', '<enter>')
    expect(machine).toMatchObject({ view: 'machine', cursors: { machines: sampleMachine(3).id } })
  })

  it('goes away with Esc and with one backspace too many', () => {
    expect(pressed(fleet(), ':', 'x', '<backspace>', '<backspace>').entry).toBeUndefined()
    expect(pressed(fleet(), ':', 'x', '<escape>').entry).toBeUndefined()
  })
})

describe('keys that change something', () => {
  it('say that there is nothing to do where there is not', () => {
    expect(pressed(fleet(), 'a')).toMatchObject({ notice: { text: 'nothing here to approve' } })
    expect(pressed(fleet(), 'r').notice?.text).toBe('nothing here to retry')
  })

  it('retry, approve, hold and release what is under the cursor', () => {
    expect(wished(pressed(fleet(), 'jj', 'r'))).toEqual(['repave run retry 00000003'])
    expect(wished(pressed(fleet(), 'G', 'a'))).toEqual(['repave run approve 00000004'])
    expect(wished(pressed(fleet(), 'j', 'h'))).toEqual(['repave run hold 00000002'])
    const noted = pressed(fleet(), 'G', ':', "approve disk's checked", '<enter>')
    expect(wished(noted)).toEqual(["repave run approve 00000004 --note 'disk'\\''s checked'"])
  })

  it('a newcomer is approved before its run is, with a note where one is given', () => {
    const before = fleet()
    const newcomer = sampleMachine(4, { state: 'pending-approval' })
    const machines = new Map(before.fleet.machines).set(newcomer.id, newcomer)
    const state = { ...before, fleet: { ...before.fleet, machines } }
    expect(wished(pressed(state, 'G', 'a'))).toEqual(['repave machine approve node-4'])
    const noted = pressed(state, 'G', ':', 'approve rack checked', '<enter>')
    expect(wished(noted)).toEqual(["repave machine approve node-4 --note 'rack checked'"])
    // Of those that are marked, only those who wait for it.
    expect(wished(pressed(state, '    ', 'a'))).toEqual(['repave machine approve node-4'])
  })

  it('a machine is refused, or taken out of use, only after the word was typed', () => {
    const asked = pressed(fleet(), 'G', 'x')
    expect(asked.confirmation).toMatchObject({ title: 'retire node-4', expected: 'retire' })
    expect(pressed(asked, 'retir', '<enter>')).toMatchObject({ notice: { text: 'type retire' } })
    expect(wished(pressed(asked, 'retire', '<enter>'))).toEqual(['repave machine retire node-4'])
    expect(pressed(fleet(true), 'G', 'x')).toMatchObject({
      notice: { text: 'read-only: nothing can be changed here' },
    })
  })

  it('cancel only after the word was typed', () => {
    const asked = pressed(fleet(), 'j', 'c')
    expect(asked.confirmation).toMatchObject({ title: 'cancel the run on node-2' })
    expect(pressed(asked, 'canel', '<enter>')).toMatchObject({ notice: { text: 'type cancel' } })
    expect(pressed(asked, '<escape>')).toMatchObject({ notice: { text: 'nothing was done' } })
    expect(wished(pressed(asked, 'cancel', '<enter>'))).toEqual(['repave run cancel 00000002'])
  })

  it('deploy what is marked, once the daemon has planned it', () => {
    const planned = pressed(fleet(), '  ', ':', 'deploy debian-12 reprovision', '<enter>')
    expect(planned.wish?.kind).toBe('plan')
    expect(wished(planned)).toEqual([
      'repave machine deploy node-1 --image debian-12 --workflow reprovision',
      'repave machine deploy node-2 --image debian-12 --workflow reprovision',
    ])
    expect(pressed(fleet(), ':', 'deploy', '<enter>').notice?.text).toContain('which image')
  })

  it('begin a deployment with the image that is on the machine', () => {
    expect(pressed(fleet(), 'd').entry).toEqual({ kind: 'command', text: 'deploy ' })
  })

  it('do nothing in read-only mode', () => {
    for (const keys of [['d'], ['jj', 'r'], ['G', 'a'], [':', 'cancel', '<enter>']]) {
      const state = pressed(fleet(true), ...keys)
      expect(state).toMatchObject({ notice: { text: expect.stringContaining('read-only') } })
      expect([state.wish, state.confirmation, state.entry]).toEqual([
        undefined,
        undefined,
        undefined,
      ])
    }
  })
})
