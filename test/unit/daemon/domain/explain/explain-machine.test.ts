import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import type { RepaveEvent } from '../../../../../src/contract/event.ts'
import { explanationSchema } from '../../../../../src/contract/explanation.ts'
import type { Machine } from '../../../../../src/contract/machine.ts'
import type { Run, RunTask } from '../../../../../src/contract/run.ts'
import {
  explainMachine,
  stuckRules,
} from '../../../../../src/daemon/domain/explain/explain-machine.ts'
import { HopLog } from '../../../../../src/daemon/domain/explain/hop-log.ts'
import { situationOf } from '../../../../../src/daemon/domain/explain/situation.ts'
import {
  explanationSentence,
  hintLines,
} from '../../../../../src/presentation/explanation-lines.ts'
import { deployTasks, machine, runWith } from '../workflow/run-fixtures.ts'

const mac = '52:54:00:00:00:01'
const address = '10.77.0.50'
const sent = { sentBytes: 1, statusCode: 200 }

type Told = Pick<RepaveEvent, 'type' | 'action' | 'body'>
const reasons: Readonly<Record<string, string>> = {
  decline: 'somebody else answers there',
  nak: 'it asks for an address of another network',
  ack: 'no program ships for its processor',
}
const dhcp = (action: string, client: string, body: object = {}): Told => ({
  type: 'dhcp',
  action,
  body: { client, address, because: reasons[action] ?? 'it is served', ...body },
})
const tftp = (action: string, body: object = {}): Told => ({
  type: 'tftp',
  action,
  body: { path: 'ipxe/undionly.kpxe', ...body },
})
const http = (path: string, action = 'sent', body: object = sent): Told => ({
  type: 'http',
  action,
  body: { path, ...body },
})
const script = (target: string): Told => ({
  type: 'boot',
  action: 'decided',
  body: { target, because: target === 'local-disk' ? 'it is deployed' : 'a run needs it' },
})
const agent = (action: string): Told => ({
  type: 'agent',
  action,
  body: { code: 'ERR_TOKEN_EXPIRED', message: 'the token of this boot has expired' },
})

const firmware = [
  dhcp('offer', 'firmware'),
  dhcp('ack', 'firmware', { bootFileName: 'ipxe/undionly.kpxe' }),
]
const program = [...firmware, tftp('sent')]
const ipxe = [
  ...program,
  dhcp('offer', 'ipxe'),
  dhcp('ack', 'ipxe', { bootFileName: 'http://10.77.0.1:8090/boot/start.ipxe?mac=1' }),
]
const scripted = [...ipxe, script('sledgehammer')]
const loaded = [
  ...scripted,
  http('boot/sledgehammer/vmlinuz'),
  http('boot/sledgehammer/initramfs.zst'),
]
const joined = [...loaded, agent('joined')]
const toDisk = [...ipxe, script('local-disk')]

const started = runWith(deployTasks)
/** The run with the task of that action in that state; those before it are done. */
function runAt(action: string, task: Partial<RunTask>, change: Partial<Run> = {}): Run {
  const taskIndex = started.tasks.findIndex((one) => one.task.action === action)
  const tasks = started.tasks.map((one, index): RunTask => {
    if (index < taskIndex) return { ...one, state: 'succeeded', startedAtMs: 1, endedAtMs: 2 }
    return index === taskIndex ? { ...one, ...task } : one
  })
  return { ...started, state: 'running', taskIndex, tasks, ...change }
}
const running = (action: string) => runAt(action, { state: 'running', startedAtMs: 5000 })
const failureTexts: Readonly<Record<string, string>> = {
  ERR_DISK_NOT_SELECTED: 'two disks fit: /dev/sda and /dev/sdb; name one of them in the workflow',
  ERR_WIPE_INCOMPLETE: '/dev/sdb belongs to a pool that nobody gave up',
  ERR_DISK_IO: '/dev/sda does not keep what it is given',
  ERR_TASK_TIMEOUT: 'await-phone-home was not done in 1800 s',
  ERR_FETCH_FAILED: 'chunk 41 could not be fetched',
}
const failed = (action: string, code: string) =>
  runAt(
    action,
    { state: 'failed' },
    {
      state: 'failed',
      endedAtMs: 6000,
      failure: { code, message: failureTexts[code] ?? code, retryable: false },
    },
  )
const lost = { code: 'ERR_FETCH_FAILED', message: 'chunk 41 could not be fetched', retryable: true }
const held = { code: 'ERR_SOMETHING', message: 'look at it', retryable: false }
const waiting = runAt('inventory', { state: 'pending' })

interface Case {
  readonly cause: string
  readonly events?: readonly Told[]
  readonly run?: Run
  readonly machine?: Partial<Machine>
  readonly state: string
}

const conflict: Machine['conflict'] = {
  ...{ kind: 'resembles', because: 'it looks like node-9', claim: { macAddresses: [] } },
  ...{ others: [], atMs: 1 },
}

const stuckCases: readonly Case[] = [
  {
    cause: 'out-of-use',
    machine: { state: 'retired', retirement: { by: 'operator:a', atMs: 1 } },
    state: 'fine',
  },
  { cause: 'identity-in-doubt', machine: { state: 'conflict', conflict }, state: 'waiting' },
  {
    cause: 'waits-to-be-used',
    machine: {
      state: 'pending-approval',
      approval: { state: 'pending', because: 'new here', sinceMs: 1 },
    },
    state: 'waiting',
  },
  { cause: 'boot-loop', events: scripted, machine: { state: 'held' }, state: 'waiting' },
  { cause: 'no-disk', run: failed('select-disk', 'ERR_DISK_NOT_SELECTED'), state: 'failed' },
  { cause: 'disk-not-wiped', run: failed('wipe-disk', 'ERR_WIPE_INCOMPLETE'), state: 'failed' },
  { cause: 'disk-broken', run: failed('write-image', 'ERR_DISK_IO'), state: 'failed' },
  {
    cause: 'never-called-home',
    run: failed('await-phone-home', 'ERR_TASK_TIMEOUT'),
    state: 'failed',
  },
  { cause: 'run-failed', run: failed('write-image', 'ERR_FETCH_FAILED'), state: 'failed' },
  {
    cause: 'waits-for-approval',
    run: runAt('inventory', {}, { state: 'waiting-approval' }),
    state: 'waiting',
  },
  {
    cause: 'run-held',
    // A machine whose run is held says so itself, whatever it is held for.
    machine: { state: 'held' },
    run: runAt('inventory', {}, { state: 'held', failure: held }),
    state: 'waiting',
  },
  {
    cause: 'waits-for-its-turn',
    run: runAt('write-image', {}, { state: 'queued', queuedAtMs: 1 }),
    state: 'waiting',
  },
  {
    cause: 'waits-for-next-try',
    run: runAt('write-image', { state: 'waiting-retry', startedAtMs: 1, failure: lost }),
    state: 'stuck',
  },
  { cause: 'pool-full', events: [dhcp('pool-full', 'firmware')], run: waiting, state: 'stuck' },
  { cause: 'address-declined', events: [...firmware, dhcp('decline', 'firmware')], state: 'stuck' },
  { cause: 'lease-refused', events: [dhcp('nak', 'firmware')], state: 'stuck' },
  { cause: 'offer-ignored', events: firmware.slice(0, 1), run: waiting, state: 'stuck' },
  { cause: 'not-served', events: [dhcp('unknown-machine', 'firmware')], state: 'stuck' },
  { cause: 'proxy-offer-ignored', events: [dhcp('proxy-offer', 'firmware')], state: 'stuck' },
  {
    cause: 'proxy-program-not-loaded',
    events: [dhcp('proxy-offer', 'firmware'), dhcp('proxy-ack', 'firmware')],
    state: 'stuck',
  },
  {
    cause: 'no-boot-file',
    events: [dhcp('offer', 'firmware'), dhcp('ack', 'firmware')],
    state: 'stuck',
  },
  {
    cause: 'sent-to-its-disk',
    events: [
      dhcp('offer', 'firmware'),
      dhcp('ack', 'firmware', { bootFileName: 'local-disk.efi' }),
    ],
    state: 'stuck',
  },
  { cause: 'program-not-loaded', events: firmware, state: 'stuck' },
  {
    cause: 'first-block-unacknowledged',
    events: [...firmware, tftp('failed', { acknowledgedBytes: 0, reason: 'silence' })],
    state: 'stuck',
  },
  {
    cause: 'program-broken-off',
    events: [...firmware, tftp('failed', { acknowledgedBytes: 512, reason: 'silence' })],
    state: 'stuck',
  },
  { cause: 'program-silent', events: program, run: waiting, state: 'stuck' },
  { cause: 'ipxe-offer-ignored', events: ipxe.slice(0, -1), state: 'stuck' },
  { cause: 'script-not-fetched', events: ipxe, state: 'stuck' },
  { cause: 'kernel-not-fetched', events: scripted, run: waiting, state: 'stuck' },
  {
    cause: 'kernel-broken-off',
    events: [...scripted, http('boot/sledgehammer/vmlinuz', 'failed', { reason: 'closed' })],
    state: 'stuck',
  },
  { cause: 'initramfs-not-fetched', events: loaded.slice(0, -1), state: 'stuck' },
  { cause: 'agent-missing', events: loaded, run: waiting, state: 'stuck' },
  { cause: 'agent-refused', events: [...loaded, agent('refused')], state: 'stuck' },
  { cause: 'agent-silent', events: [...joined, agent('lost')], state: 'stuck' },
  { cause: 'disk-does-not-call', events: toDisk, run: running('await-phone-home'), state: 'stuck' },
  {
    cause: 'system-does-not-call',
    events: [...toDisk, dhcp('offer', 'none'), dhcp('ack', 'none')],
    run: running('await-phone-home'),
    state: 'stuck',
  },
  { cause: 'never-asked', run: waiting, state: 'stuck' },
  { cause: 'not-restarted', events: joined, run: running('await-phone-home'), state: 'stuck' },
  { cause: 'task-runs', events: joined, run: running('write-image'), state: 'stuck' },
  { cause: 'task-not-begun', events: joined, run: waiting, state: 'stuck' },
  { cause: 'nothing-expected', events: joined, state: 'fine' },
]

const sentencesOpening = `# What explain prints, cause by cause

Made by the test that brings about every cause, with 15 minutes gone since the first step; it holds this page to the
program. When each begins to count as stuck stands in [stuck.md](stuck.md).
`

const firstMs = 10_000
const dayMs = 86_400_000

function logOf(events: readonly Told[], fromMs = firstMs): HopLog {
  const log = new HopLog()
  for (const [index, { type, ...told }] of events.entries()) {
    const key = { dhcp: mac, boot: mac, agent: machine.id }[type] ?? address
    const timeMs = fromMs + index * 100
    log.take({ seq: index + 1, timeMs, type, key, principal: 'daemon', ...told })
  }
  return log
}

function explain(one: Omit<Case, 'cause' | 'state'>, nowMs = firstMs + dayMs) {
  const log = logOf(one.events ?? [])
  const about = { ...machine, ...one.machine }
  const hops = log.hopsOf([...about.macAddresses, about.id])
  return explainMachine(situationOf({ machine: about, run: one.run, hops, nowMs }), log)
}

describe(explainMachine, () => {
  it.each(stuckCases)('knows $cause', ({ cause, state, ...one }) => {
    const explanation = explain(one)
    expect(explanation).toMatchObject({ cause, state })
    expect(explanationSchema.parse(explanation)).toEqual(explanation)
  })

  it('has a case here, and a row in docs/stuck.md, for every rule', () => {
    const causes = stuckRules.map(({ cause }) => cause)
    expect(stuckCases.map(({ cause }) => cause)).toEqual(causes)
    const page = readFileSync('docs/stuck.md', 'utf8')
    const rows = page.split('\n').filter((line) => line.startsWith('| `'))
    const documented = rows.flatMap((row) => row.split('|')[1]?.match(/[a-z]+(?:-[a-z]+)+/g) ?? [])
    expect(documented.toSorted()).toEqual(causes.toSorted())
  })

  it('docs/stuck-sentences.md tells what is printed for each', async () => {
    const nowMs = firstMs + 15 * 60_000
    const sections = stuckCases.map(({ cause, ...one }) => {
      const told = { ...explain(one, nowMs), machineName: 'node-1' }
      const lines = [explanationSentence(told, nowMs), ...hintLines(told)]
      return `## ${cause}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`
    })
    const text = [sentencesOpening, ...sections].join('\n')
    await expect(text).toMatchFileSnapshot('../../../../../docs/stuck-sentences.md')
  })

  it('calls nothing stuck before its time', () => {
    const soonMs = firstMs + 500
    expect(explain({ events: scripted }, soonMs)).toMatchObject({ state: 'working' })
    expect(explain({ events: firmware.slice(0, 1) }, soonMs)).toMatchObject({ state: 'working' })
  })

  it('speaks of the last boot alone, and keeps the ones before for what is usual', () => {
    const explanation = explain({ events: [...joined, ...scripted, ...program] })
    expect(explanation).toMatchObject({ cause: 'program-silent', usuallyMs: 100 })
    expect(explanation.timeline.map(({ kind }) => kind)).toEqual(['offer', 'lease', 'program'])
  })

  it('does not call a download failed that is under way', () => {
    const half = http('boot/sledgehammer/initramfs.zst', 'progress', { percent: 40 })
    const events = [...scripted, http('boot/sledgehammer/vmlinuz'), half]
    const { cause, timeline } = explain({ events }, firstMs + 1000)
    expect(cause).not.toBe('kernel-broken-off')
    expect(timeline.at(-1)).toMatchObject({ kind: 'kernel' })
  })

  it('takes firmware that asks again and again for one boot', () => {
    const [offer] = firmware
    const explanation = explain({ events: [...joined, ...Array.from({ length: 5 }, () => offer!)] })
    expect(explanation).toMatchObject({ cause: 'offer-ignored' })
    expect(explanation.timeline).toHaveLength(5)
  })

  it('names another DHCP server that was heard', () => {
    const log = logOf(firmware.slice(0, 1))
    const heard = { type: 'dhcp', action: 'foreign-server', key: '10.77.0.9', principal: 'daemon' }
    log.take({ ...heard, seq: 9, timeMs: firstMs, body: {} })
    const hops = log.hopsOf([mac])
    const nowMs = firstMs + 60_000
    const otherServer = log.otherServer(nowMs)
    const { hint } = explainMachine(
      situationOf({ machine, run: undefined, hops, otherServer, nowMs }),
      log,
    )
    expect(hint).toContain('another DHCP server answers at 10.77.0.9')
    expect(log.otherServer(firstMs + dayMs)).toBeUndefined()
  })

  it('is patient where something usually takes long', () => {
    const log = new HopLog()
    const usually = { usuallyMs: () => 60_000 }
    const events = logOf(scripted)
    const hops = events.hopsOf([mac])
    const lastMs = hops.at(-1)?.atMs ?? 0
    const at = (nowMs: number) =>
      explainMachine(situationOf({ machine, run: undefined, hops, nowMs }), usually).state
    expect(at(lastMs + 179_000)).toBe('working')
    expect(at(lastMs + 181_000)).toBe('stuck')
    expect(log.usuallyMs('script > kernel')).toBeUndefined()
  })

  it('shows what comes from the wire as inert text', () => {
    const hostile = dhcp('nak', 'firmware', { because: '\u001b[2J evil\n' })
    const { timeline } = explain({ events: [hostile] })
    expect(timeline[0]?.text).not.toMatch(/[\u0000-\u001f]/)
  })
})

describe(HopLog, () => {
  it('forgets the oldest hops of a machine, and machines beyond its limit', () => {
    const many = logOf(Array.from({ length: 200 }, () => agent('joined')))
    expect(many.hopsOf([machine.id])).toHaveLength(64)
    const flood = new HopLog()
    for (let index = 0; index < 9000; index++) {
      const told = dhcp('offer', 'firmware')
      flood.take({ seq: 1, timeMs: 1, principal: 'daemon', key: `mac-${index}`, ...told })
    }
    expect(flood.hopsOf(['mac-0'])).toEqual([])
    expect(flood.hopsOf(['mac-8999'])).toHaveLength(1)
  })

  it('tells how long a task usually takes', () => {
    const log = new HopLog()
    const run = runAt('reboot', { state: 'succeeded', startedAtMs: 1000, endedAtMs: 4000 })
    const body = { run, task: 'reboot' } as unknown as RepaveEvent['body']
    const event = { type: 'run', action: 'task-succeeded', key: run.id, principal: 'daemon', body }
    log.take({ ...event, seq: 1, timeMs: 4000 })
    expect(log.usuallyMs('task reboot')).toBe(3000)
  })
})
