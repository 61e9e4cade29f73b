import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runInWorld } from '../../../src/cli/main.ts'
import type { RepaveEvent } from '../../../src/contract/event.ts'
import { FakeOperatorApi } from '../../fakes/fake-operator-api.ts'
import {
  failedRun,
  runEvent,
  runningRun,
  sampleId,
  sampleMachine,
  sampleRun,
  sampleTimeMs,
  succeededRun,
} from '../../fakes/sample-fleet.ts'

let folder: string
let api: FakeOperatorApi

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-cli-'))
  api = new FakeOperatorApi(join(folder, 'api.sock'))
  await api.start()
  for (const number of [1, 2]) api.machines.set(sampleId(number), sampleMachine(number))
})

afterEach(async () => {
  await api.stop()
  await rm(folder, { recursive: true })
})

/** A command under way: what it has printed, and how to interrupt it. */
function start(...argv: string[]) {
  const interruption = new AbortController()
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const text = { out: '', err: '' }
  stdout.on('data', (part) => (text.out += String(part)))
  stderr.on('data', (part) => (text.err += String(part)))
  const exitCode = runInWorld(argv, {
    stdout,
    stderr,
    stdin: new PassThrough(),
    environment: { REPAVE_SOCKET: join(folder, 'api.sock') },
    isRoot: true,
    signal: interruption.signal,
  })
  return { text, exitCode, interrupt: () => interruption.abort() }
}

const nextSubscription = () =>
  new Promise<void>((resolve) => {
    api.onSubscribed = () => {
      api.onSubscribed = () => undefined
      resolve()
    }
  })

describe('repave run watch', () => {
  it('exits with 3 where there is nothing to watch until it is done', async () => {
    const watch = start('run', 'watch', '--all', '--until-done')
    expect(await watch.exitCode).toBe(3)
    expect(watch.text.err).toContain('there is no run to watch')
  })

  it('exits with 6 when no daemon answers', async () => {
    await api.stop()
    expect(await start('run', 'watch').exitCode).toBe(6)
  })

  it('exits with 1 when one of the runs has failed, and prints what became of each', async () => {
    api.runs.set(sampleId(1, 'bb'), succeededRun(1))
    api.runs.set(sampleId(2, 'bb'), runningRun(2, 2))
    const subscribed = nextSubscription()
    const watch = start('run', 'watch', '--all', '--until-done')
    await subscribed
    api.emit(runEvent(failedRun(2), 'failed'))
    expect(await watch.exitCode).toBe(1)
    const lines = watch.text.out.trimEnd().split('\n')
    expect(lines[0]).toBe('node-1 succeeded in 12s')
    expect(lines).toContain('node-2 failed after 9.0s: ERR_DISK_WRITE the disk said no')
    expect(lines.at(-1)).toBe('1 of 2 runs succeeded')
  })

  it('prints every change once, though connection and daemon break on the way (W09)', async () => {
    api.runs.set(sampleId(1, 'bb'), sampleRun(1))
    let subscribed = nextSubscription()
    const watch = start('run', 'watch', 'node-1')
    await subscribed
    const emit = (done: number) => {
      const task = runningRun(1, done).tasks[done]?.task.name ?? ''
      api.emit(runEvent(runningRun(1, done), 'task-started', { task }))
    }
    emit(0)
    subscribed = nextSubscription()
    api.cutConnections()
    emit(1)
    await subscribed
    emit(2)
    subscribed = nextSubscription()
    await api.stop()
    emit(3)
    await api.start()
    await subscribed
    api.emit(runEvent(succeededRun(1), 'succeeded'))
    expect(await watch.exitCode).toBe(0)
    const started = watch.text.out
      .split('\n')
      .flatMap((line) => /(\S+) started/.exec(line)?.[1] ?? [])
    expect(started).toEqual(['inventory', 'select-disk', 'write-image', 'reboot'])
    expect(watch.text.err).toContain('connected again')
  })

  it('says what goes on without it when it is interrupted, and exits with 130', async () => {
    api.runs.set(sampleId(1, 'bb'), runningRun(1, 2))
    const subscribed = nextSubscription()
    const watch = start('run', 'watch')
    await subscribed
    await expect.poll(() => watch.text.out).toContain('node-1')
    watch.interrupt()
    expect(await watch.exitCode).toBe(130)
    expect(watch.text.err).toContain('still under way: node-1')
  })
})

describe('repave wait', () => {
  it('exits with 0 once the machine is as it was said, by any of its names', async () => {
    api.runs.set(sampleId(1, 'bb'), runningRun(1, 2))
    const subscribed = nextSubscription()
    const wait = start('wait', 'machine/525400aabb01', '--for', 'state=deployed,image=debian-12')
    await subscribed
    const machine = sampleMachine(1, { state: 'deployed', imageName: 'debian-12', revision: 99 })
    api.emit(runEvent(succeededRun(1), 'succeeded', { machine }))
    expect(await wait.exitCode).toBe(0)
    expect(wait.text.out).toBe('machine/525400aabb01 complete\n')
  })

  it('exits with 1 when the run has ended otherwise', async () => {
    api.runs.set(sampleId(2, 'bb'), failedRun(2))
    const wait = start('wait', 'run/node-2', '--for', 'state=succeeded')
    expect(await wait.exitCode).toBe(1)
    expect(wait.text.err).toBe('run/node-2 ended with state=failed\n')
  })

  it('exits with 7 when time is up, and with 130 on an interrupt', async () => {
    const late = start('wait', 'machine/node-1', '--for', 'stage=write', '--timeout', '1s')
    expect(await late.exitCode).toBe(7)
    expect(late.text.err).toBe('machine/node-1 timeout after 1.0s\n')
    const subscribed = nextSubscription()
    const wait = start('wait', 'machine/node-1', '--for', 'state=deployed')
    await subscribed
    wait.interrupt()
    expect(await wait.exitCode).toBe(130)
  })

  it.each([
    ['rack/1', 'state=x', 2, 'say machine/NAME or run/ID'],
    ['machine/node-1', 'colour=red', 2, 'FIELD is one of state, stage, image, run'],
    ['machine/node-9', 'state=deployed', 3, 'did you mean'],
  ])('refuses %s --for %s with %i', async (thing, condition, code, hint) => {
    const wait = start('wait', thing, '--for', condition)
    expect(await wait.exitCode).toBe(code)
    expect(wait.text.err).toContain(hint)
  })
})

describe('repave machine list --watch', () => {
  it('appends the rows that have changed where it does not draw on a terminal', async () => {
    const watch = start('machine', 'list', '--watch', '--columns', 'name,state')
    await expect.poll(() => watch.text.out).toContain('node-2')
    const machine = sampleMachine(2, { state: 'held', revision: 99 })
    api.emit(runEvent(sampleRun(2), 'held', { machine }))
    await expect.poll(() => watch.text.out).toContain('held')
    watch.interrupt()
    expect(await watch.exitCode).toBe(130)
    const rows = watch.text.out.trimEnd().split('\n')
    expect(rows.map((row) => row.split(/ +/)[0])).toEqual(['NAME', 'node-1', 'node-2', 'node-2'])
  })

  it('exits with 6 when no daemon answers, and with 2 for a format that cannot grow', async () => {
    expect(await start('machine', 'list', '--watch', '-o', 'json').exitCode).toBe(2)
    await api.stop()
    expect(await start('machine', 'list', '--watch').exitCode).toBe(6)
  })
})

describe('repave event watch', () => {
  it('prints what its topics cover since an event number, as JSON lines', async () => {
    for (let count = 0; count < 3; count++) api.emit(runEvent(sampleRun(1), 'created'))
    api.emit({ ...runEvent(sampleRun(1), 'offer'), type: 'dhcp' })
    const watch = start('event', 'watch', 'run', '--since', '1', '-o', 'jsonl')
    await expect.poll(() => watch.text.out.split('\n').length).toBe(4)
    watch.interrupt()
    expect(await watch.exitCode).toBe(130)
    const [version, ...events] = watch.text.out.trimEnd().split('\n')
    expect(version).toBe('{"type":"version","apiVersion":"repave/v1"}')
    expect(events.map((line) => (JSON.parse(line) as RepaveEvent).seq)).toEqual([2, 3])
    expect(api.subscriptions[0]?.topics).toEqual(['run.*.*'])
  })

  it('finds the first event of a time that is long ago', async () => {
    const nowMs = Date.now()
    for (const minutesAgo of [50, 40, 30, 20, 10]) {
      api.emit({ ...runEvent(sampleRun(1), 'created'), timeMs: nowMs - minutesAgo * 60_000 })
    }
    const watch = start('event', 'watch', '--since', '35m')
    await expect.poll(() => watch.text.out.trimEnd().split('\n').length).toBe(3)
    watch.interrupt()
    await watch.exitCode
    expect(api.subscriptions[0]?.since).toBe(2)
    expect(watch.text.out).toMatch(/^ {5}3 {2}\d\d:\d\d:\d\d {2}run\.created +00000001 +daemon/)
  })

  it('shows events inert (U01)', async () => {
    const event = runEvent(sampleRun(1), '\u001b[2J')
    api.emit({ ...event, timeMs: sampleTimeMs, key: '\u009b', principal: '\u202e', body: {} })
    const watch = start('event', 'watch', '--since', '0')
    await expect.poll(() => watch.text.out).toContain('\n')
    watch.interrupt()
    await watch.exitCode
    expect(watch.text.out).toMatch(/^[\u0020-\u007e\n]*$/)
  })
})
