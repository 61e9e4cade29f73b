import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type IPty, spawn } from '@lydell/node-pty'
import xterm from '@xterm/headless'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FakeOperatorApi, problem } from '../../fakes/fake-operator-api.ts'
import {
  failedRun,
  runEvent,
  runningRun,
  sampleDigest,
  sampleId,
  sampleMachine,
  sampleProgress,
  sampleRun,
  succeededRun,
} from '../../fakes/sample-fleet.ts'
import { stuckExplanation } from '../../fakes/stuck-explanation.ts'

const repave = fileURLToPath(new URL('../../../bin/repave', import.meta.url))

let folder: string
let api: FakeOperatorApi
const open: IPty[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-tui-'))
  api = new FakeOperatorApi(join(folder, 'api.sock'))
  await api.start()
  for (const number of [1, 2, 3]) api.machines.set(sampleId(number), sampleMachine(number))
  api.runs.set(sampleId(1, 'bb'), succeededRun(1))
  api.runs.set(sampleId(2, 'bb'), runningRun(2, 2))
  api.runs.set(sampleId(3, 'bb'), sampleRun(3))
})

afterEach(async () => {
  for (const pty of open.splice(0)) pty.kill('SIGKILL')
  await api.stop()
  await rm(folder, { recursive: true })
})

/** The real program on a real terminal, and what that terminal shows. */
class TuiOnTerminal {
  readonly #pty: IPty
  readonly #terminal: InstanceType<typeof xterm.Terminal>
  readonly exitCode: Promise<number>
  /** Everything that was written, escapes and all. */
  raw = ''

  constructor(columns: number, rows: number, args: readonly string[], env: Record<string, string>) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
    this.#pty = spawn(repave, ['tui', '--socket', join(folder, 'api.sock'), ...args], {
      cols: columns,
      rows,
      name: env['TERM'] ?? 'xterm-256color',
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', TZ: 'UTC', CI: '1', ...env },
    })
    open.push(this.#pty)
    this.#pty.onData((data) => {
      this.raw += data
      this.#terminal.write(data)
    })
    this.exitCode = new Promise((resolve) => this.#pty.onExit((exit) => resolve(exit.exitCode)))
  }

  type(keys: string): void {
    this.#pty.write(keys)
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows)
    this.#pty.resize(columns, rows)
  }

  get lines(): string[] {
    const { active } = this.#terminal.buffer
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
    )
  }

  async shows(text: string): Promise<void> {
    await expect.poll(() => this.lines.join('\n')).toContain(text)
  }
}

const start = (columns: number, rows: number, args: string[] = [], env = {}) =>
  new TuiOnTerminal(columns, rows, args, env)

describe('repave tui', () => {
  it('lists, moves, opens, goes back and quits, and leaves the terminal as it was', async () => {
    const tui = start(80, 24)
    await tui.shows('node-3')
    expect(tui.lines[0]).toMatch(/^ repave {2}3 machines {2}3 deploying {2}0 failed +connected/)
    expect(tui.lines.at(-2)).toContain('j/k move')
    tui.type('j\r')
    await tui.shows('52:54:00:aa:bb:02')
    await tui.shows('▶ write')
    tui.type('\u001b')
    await tui.shows('j/k move')
    tui.type('?')
    await tui.shows('one machine on the whole screen')
    tui.type('q')
    expect(await tui.exitCode).toBe(0)
    expect(tui.raw.indexOf('\u001b[?1049h')).toBeLessThan(tui.raw.lastIndexOf('\u001b[?1049l'))
    expect(tui.raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(tui.raw.lastIndexOf('\u001b[?25l'))
    expect(tui.lines.join('')).toBe('')
  })

  it('takes the wheel as arrow keys, and gives it back', async () => {
    const tui = start(80, 24, [], { NO_COLOR: '1' })
    await tui.shows('node-3')
    expect(tui.raw).toContain('\u001b[?1007h')
    tui.type('\u001b[B\u001b[B\u001b[B')
    await expect
      .poll(() => tui.lines.find((line) => line.startsWith('>')) ?? '')
      .toContain('node-3')
    tui.type('\u001b[A\u001b[A')
    await expect
      .poll(() => tui.lines.find((line) => line.startsWith('>')) ?? '')
      .toContain('node-1')
    tui.type('q')
    expect(await tui.exitCode).toBe(0)
    expect(tui.raw.lastIndexOf('\u001b[?1007l')).toBeGreaterThan(tui.raw.indexOf('\u001b[?1007h'))
  })

  it('approves a newcomer with a key, and teaches the command line that does the same', async () => {
    const newcomer = sampleMachine(3, { state: 'pending-approval' })
    api.machines.set(sampleId(3), newcomer)
    api.answer = ({ method, path }) =>
      method === 'POST' && path === `/machines/${newcomer.id}/approve`
        ? { json: { ...newcomer, state: 'ready' } }
        : undefined
    const tui = start(100, 24)
    await tui.shows('node-3 to approve')
    await tui.shows('1 to approve')
    tui.type('Ga')
    await tui.shows('ran: repave machine approve node-3')
    expect(api.requests.at(-1)).toMatchObject({ method: 'POST', body: {} })
  })

  it('has a screen for each number key', async () => {
    const status = {
      version: '9.9',
      startedAtMs: 0,
      interface: 'eno2',
      provisioningUrl: 'http://10.77.0.1:8090',
      servers: [{ name: 'dhcp', endpoint: '10.77.0.1:67', counters: { offers: 52 } }],
      machines: 3,
      images: 0,
    }
    api.answer = ({ path }) => (path === '/status' ? { json: status } : undefined)
    const tui = start(100, 24)
    await tui.shows('node-3')
    tui.type('2')
    await tui.shows('52:54:00:aa:bb:01')
    tui.type('3')
    await tui.shows('succeeded        deploy-image')
    tui.type('4')
    await tui.shows('No image yet')
    tui.type('5')
    await tui.shows('offers  52')
    tui.type('6')
    api.emit(runEvent(failedRun(2), 'failed'))
    await tui.shows('run.failed')
    tui.type(':machine node-3\r')
    await tui.shows('52:54:00:aa:bb:03')
    tui.type('q')
    expect(await tui.exitCode).toBe(0)
  })

  it('cancels what is under the cursor once the word was typed, and says which command did it', async () => {
    const cancelled = { ...runningRun(2, 2), state: 'cancelled' as const, revision: 99 }
    api.answer = ({ method }) => (method === 'POST' ? { json: cancelled } : undefined)
    const tui = start(120, 24)
    await tui.shows('node-3')
    tui.type('jc')
    await tui.shows('type cancel and Enter')
    tui.type('cancel\r')
    await tui.shows(`ran: repave run cancel ${sampleId(2, 'bb').slice(0, 8)}`)
    expect(api.requests.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual([
      `/runs/${sampleId(2, 'bb')}/cancel`,
    ])
    tui.type('q')
    expect(await tui.exitCode).toBe(0)
  })

  it('changes nothing in read-only mode, and shows what the daemon refuses', async () => {
    const readOnly = start(120, 24, ['--read-only'])
    await readOnly.shows('node-3')
    readOnly.type('jc')
    await readOnly.shows('read-only: nothing can be changed here')
    const json = problem(409, 'ERR_RUN_STATE', 'the run has ended', 'repave run list')
    api.answer = ({ method }) => (method === 'POST' ? { status: 409, json } : undefined)
    const tui = start(120, 24)
    await tui.shows('node-3')
    tui.type('jh')
    await tui.shows('error[ERR_RUN_STATE]: the run has ended  try  repave run list')
    for (const each of [readOnly, tui]) each.type('q')
    expect(await Promise.all([readOnly.exitCode, tui.exitCode])).toEqual([0, 0])
  })

  it('shows a write as it goes on, and its log, beside the list', async () => {
    const tui = start(120, 24)
    await tui.shows('node-3')
    tui.type('j')
    await tui.shows('│ node-2')
    api.progress(runningRun(2, 2), sampleProgress())
    await tui.shows('58%  1.3/2.2 GiB')
    await tui.shows('312 MiB/s')
    const log = { ...runEvent(runningRun(2, 2), 'lines'), type: 'log' }
    api.emit({ ...log, body: { lines: ['chunk 41/72 ok \u001b[2J\u001b]0;owned\u0007'] } })
    await tui.shows('chunk 41/72 ok ?[2J?]0;owned?')
    tui.type('\u0003')
    expect(await tui.exitCode).toBe(0)
  })

  it('says why an open machine is stuck, and stops saying so when it goes on', async () => {
    let told = stuckExplanation({ sinceMs: Date.now() - 30_000 })
    api.answer = ({ path }) =>
      path.endsWith(`/machines/${sampleId(2)}/explanation`) ? { json: told } : undefined
    const tui = start(100, 30)
    await tui.shows('node-2')
    tui.type('j\r')
    await tui.shows('node-2 is stuck: iPXE was offered 10.0.0.7. Missing for ')
    await tui.shows('try   another DHCP server may have answered faster: repave doctor')
    await tui.shows('got ipxe.efi')
    told = stuckExplanation({ state: 'working' })
    await expect.poll(() => tui.lines.join('\n')).not.toContain('is stuck')
    tui.type('q')
    expect(await tui.exitCode).toBe(0)
  })

  it('keeps its last frame while the daemon is away, and goes on without gap when it is back', async () => {
    const tui = start(120, 24)
    await tui.shows('node-3')
    tui.type('j')
    await api.stop()
    await tui.shows('reconnecting')
    await tui.shows('node-2')
    api.emit(runEvent(failedRun(2), 'failed'))
    api.machines.set(sampleId(2), sampleMachine(2, { state: 'failed', revision: 9 }))
    await api.start()
    await tui.shows('ERR_DISK_WRITE the disk said no')
    await tui.shows('1 failed')
    await tui.shows('failed after 9.0s')
    tui.type('q')
    expect(await tui.exitCode).toBe(0)
  })

  it('leaves by itself when every run has ended, prints the proofs, and exits with 0', async () => {
    const tui = start(200, 40, ['--exit-when-done'])
    await tui.shows('node-3')
    for (const number of [2, 3]) api.emit(runEvent(succeededRun(number), 'succeeded'))
    expect(await tui.exitCode).toBe(0)
    await tui.shows('3 of 3 runs succeeded')
    await tui.shows(`receipt   ${sampleDigest('c')}`)
  })

  it('exits with 1 when a run has failed, and with 130 when the person leaves first', async () => {
    const failing = start(200, 50, ['--exit-when-done'])
    await failing.shows('node-3')
    api.emit(runEvent(succeededRun(2), 'succeeded'))
    const left = start(200, 50, ['--exit-when-done'])
    await left.shows('node-3')
    left.type('q')
    expect(await left.exitCode).toBe(130)
    await left.shows('still under way: node-3')
    api.emit(runEvent(failedRun(3), 'failed'))
    expect(await failing.exitCode).toBe(1)
    await failing.shows('2 of 3 runs succeeded')
  })

  it('survives a terminal of 20 by 5 and a storm of resizes (U02)', async () => {
    const tui = start(20, 5)
    await tui.shows('repave 3 machines')
    for (let step = 0; step < 40; step++) tui.resize(20 + step * 4, 5 + step)
    tui.resize(100, 30)
    await tui.shows('node-3')
    tui.resize(20, 5)
    await expect.poll(() => tui.lines[0]).toBe('repave 3 machines  3')
    tui.type('q')
    expect(await tui.exitCode).toBe(0)
  })

  it('draws in ASCII without colour where that is what the terminal can do', async () => {
    const tui = start(120, 24, [], { LANG: 'C', NO_COLOR: '1' })
    await tui.shows('>> node-1')
    api.progress(runningRun(2, 2), sampleProgress())
    await tui.shows('####')
    expect(tui.lines.join('')).toMatch(/^[\u0020-\u007e]*$/)
    expect(tui.raw).not.toMatch(/\u001b\[[0-9;]*3[0-7]m/)
    tui.type('q')
    expect(await tui.exitCode).toBe(0)
  })

  it('ends with exit code 2 and a hint where there is no terminal', async () => {
    const tui = start(80, 24, [], { TERM: 'dumb' })
    expect(await tui.exitCode).toBe(2)
    await tui.shows('repave run watch')
  })
})
