import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FakeOperatorApi } from '../../fakes/fake-operator-api.ts'
import {
  runEvent,
  runningRun,
  sampleId,
  sampleMachine,
  succeededRun,
} from '../../fakes/sample-fleet.ts'

const program = fileURLToPath(new URL('../../../bin/repave', import.meta.url))

let folder: string
let api: FakeOperatorApi

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-cli-'))
  api = new FakeOperatorApi(join(folder, 'api.sock'))
  await api.start()
  api.machines.set(sampleId(1), sampleMachine(1))
  api.runs.set(sampleId(1, 'bb'), runningRun(1, 2))
})

afterEach(async () => {
  await api.stop()
  await rm(folder, { recursive: true })
})

function start(...argv: string[]) {
  const child = spawn(program, argv, {
    env: { ...process.env, REPAVE_SOCKET: join(folder, 'api.sock') },
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (part) => (text.out += String(part)))
  child.stderr.on('data', (part) => (text.err += String(part)))
  const exit = once(child, 'close') as Promise<[number | null, string | null]>
  return { child, text, exit }
}

/** What `repave WORDS --help` prints, and the verbs that it names. */
async function helpOf(...words: string[]) {
  const { text, exit } = start(...words, '--help')
  expect([words, await exit]).toEqual([words, [0, null]])
  const [, list = ''] = text.out.split('\nCommands:\n')
  const rows = list.split('\n\n')[0] ?? ''
  const verbs = [...rows.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, verb = '']) => verb)
  return { text: text.out, verbs: verbs.filter((verb) => verb !== 'help') }
}

describe('bin/repave', () => {
  it.each(['serve', 'start', 'demo', 'lab', 'db', 'tui', 'write', 'sledgehammer', 'config'])(
    'ends each help of %s with at least two examples',
    async (word) => {
      const pages = [await helpOf(word)]
      for (const verb of pages[0]?.verbs ?? []) pages.push(await helpOf(word, verb))
      for (const page of pages) expect(page.text).toMatch(/Examples:\n(?: {2}repave [^\n]+\n){2,}$/)
    },
    30_000,
  )

  it('tells topics and the help of any command behind the word help', async () => {
    const outputs = [
      ['help', 'exit-codes'],
      ['help', 'machine', 'list'],
      ['help', 'demo'],
    ]
    const [codes = '', list = '', demo = ''] = await Promise.all(
      outputs.map(async (words) => {
        const { text, exit } = start(...words)
        expect(await exit).toEqual([0, null])
        return text.out
      }),
    )
    expect(codes).toContain('130  interrupted')
    expect(list).toContain('Usage: repave machine list|ls')
    expect(demo).toContain('Usage: repave demo')
    const wrong = start('help', 'machin')
    expect(await wrong.exit).toEqual([2, null])
    expect(wrong.text.err).toContain('Did you mean machine?')
  })

  it('watches runs into a pipe and exits with 0 when they have succeeded', async () => {
    const { text, exit } = start('run', 'watch', '--all', '--until-done')
    await expect.poll(() => text.out).toContain('task write-image')
    api.emit(runEvent(succeededRun(1), 'succeeded'))
    expect(await exit).toEqual([0, null])
    expect(text.out).toContain('node-1 succeeded in 12s')
    expect(text.out).not.toContain('\u001b')
    expect(text.err).toBe('')
  })

  it('exits with 130 on an interrupt and says what goes on', async () => {
    const { child, text, exit } = start('run', 'watch')
    await expect.poll(() => text.out).toContain('node-1')
    child.kill('SIGINT')
    expect(await exit).toEqual([130, null])
    expect(text.err).toContain('still under way: node-1')
  })

  it('ends quietly when its reader has seen enough', async () => {
    const { child, text, exit } = start('event', 'watch')
    await expect.poll(() => api.subscriptions.length).toBe(1)
    child.stdout.destroy()
    const tell = setInterval(() => api.emit(runEvent(runningRun(1, 2), 'task-started')), 20)
    const [code, signal] = await exit
    clearInterval(tell)
    expect({ code, signal, err: text.err }).toEqual({ code: 130, signal: null, err: '' })
  })

  it('names the terminal UI that needs a terminal, where there is none', async () => {
    const { text, exit } = start('tui')
    expect(await exit).toEqual([2, null])
    expect(text.err).toContain('repave run watch')
  })
})
