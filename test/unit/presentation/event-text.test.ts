import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { RepaveEvent } from '../../../src/contract/event.ts'
import { eventText } from '../../../src/presentation/event-text.ts'
import { failedRun, runEvent, runningRun, sampleRun, sampleTask } from '../../fakes/sample-fleet.ts'

const eventOf = (change: Partial<RepaveEvent>): RepaveEvent => ({
  seq: 1,
  timeMs: 0,
  type: 'test',
  action: 'done',
  key: 'key',
  principal: 'daemon',
  body: {},
  ...change,
})
const textOf = (run: ReturnType<typeof sampleRun>, action: string, body = {}) =>
  eventText({ ...runEvent(run, action, body), seq: 1 })

describe(eventText, () => {
  it('never passes on a control or bidi character, whatever an event carries (U01)', () => {
    const hostile = fc.string({ unit: 'binary', maxLength: 300 })
    const types = fc.constantFrom('boot', 'log', 'agent', 'dhcp', 'run')
    fc.assert(
      fc.property(types, hostile, hostile, (type, text, name) => {
        const body = { [name]: text, target: text, because: text, lines: [text], run: text }
        const shown = eventText(eventOf({ type, action: text, body }))
        expect(shown).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/,
        )
      }),
    )
  })

  it('cuts a line of ten megabytes (U01)', () => {
    const text = eventText(eventOf({ type: 'log', body: { lines: ['x'.repeat(10_000_000)] } }))
    expect(text.length).toBeLessThan(1000)
  })

  it('tells of a run: ordered, begun, tried again, done, failed', () => {
    expect(textOf(sampleRun(1), 'created')).toBe('queued: deploy-image debian-12')
    expect(textOf(runningRun(1, 0), 'task-started', { task: 'inventory' })).toBe(
      'inventory started',
    )
    expect(textOf(runningRun(1, 1), 'task-succeeded', { task: 'inventory' })).toBe(
      'inventory done in 2.0s',
    )
    const again = sampleTask('write', 'write-image', { state: 'running', attempts: 2 })
    expect(textOf({ ...sampleRun(1), tasks: [again] }, 'task-started')).toBe(
      'write-image started (try 2 of 3)',
    )
    expect(textOf(failedRun(1), 'task-failed', { task: 'write-image' })).toBe(
      'write-image failed: ERR_DISK_WRITE the disk said no',
    )
    expect(textOf(failedRun(1), 'failed')).toBe(
      'failed after 9.0s: ERR_DISK_WRITE the disk said no',
    )
  })

  it('says how to go on when a person is needed', () => {
    expect(textOf(sampleRun(7), 'waiting-approval')).toBe(
      'waits for approval: repave run approve 00000007',
    )
    expect(textOf(failedRun(7), 'held')).toContain('repave run release 00000007')
  })

  it('gives the reason of a boot decision', () => {
    const body = { target: 'sledgehammer', because: 'a run waits', platform: 'bios' }
    expect(eventText(eventOf({ type: 'boot', body }))).toBe('boots sledgehammer: a run waits')
  })

  it('shows short values of events that it does not know', () => {
    const body = { file: 'ipxe/snponly.efi', bytes: 12, machine: {}, nested: { a: 1 } }
    expect(eventText(eventOf({ type: 'tftp', body }))).toBe('file=ipxe/snponly.efi bytes=12')
  })

  it('tells of agents: come, gone, turned away', () => {
    const agent = (action: string, body: RepaveEvent['body']) =>
      eventText(eventOf({ type: 'agent', action, body }))
    expect(agent('joined', { address: '10.77.0.100', uptimeMs: 4200, bootId: 'x' })).toBe(
      'the agent has joined from 10.77.0.100, 4.2s after its kernel began',
    )
    expect(agent('lost', { bootId: 'x' })).toBe('the agent has fallen silent')
    expect(agent('refused', { code: 'ERR_TOKEN_TAKEN', message: 'no', address: '1.2.3.4' })).toBe(
      'an agent was refused from 1.2.3.4: ERR_TOKEN_TAKEN no',
    )
  })

  it('tells why a task is tried again, or that a person let it go on', () => {
    const failure = { code: 'ERR_TASK_TIMEOUT', message: 'too slow', retryable: true }
    expect(textOf(runningRun(1, 2), 'retrying', { task: 'write-image', failure })).toBe(
      'write-image will be tried again after: ERR_TASK_TIMEOUT too slow',
    )
    expect(
      textOf(runningRun(1, 2), 'retrying', { task: 'write-image', note: 'disk changed' }),
    ).toBe('write-image begins anew: disk changed')
  })

  it('means the last task begun where two have the same name', () => {
    const tasks = [
      sampleTask('a', 'reboot', { state: 'succeeded', startedAtMs: 0, endedAtMs: 1000 }),
      sampleTask('b', 'reboot', { state: 'succeeded', startedAtMs: 0, endedAtMs: 9000 }),
      sampleTask('c', 'reboot'),
    ]
    const run = sampleRun(1, { tasks, taskIndex: 1 })
    expect(textOf(run, 'task-succeeded', { task: 'reboot' })).toBe('reboot done in 9.0s')
  })
})
