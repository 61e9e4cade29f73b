import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { runInWorld } from '../../../src/cli/main.ts'
import { eventListSchema, runListSchema } from '../../../src/contract/api-documents.ts'
import { runDb } from '../../../src/daemon/db-command.ts'
import { askDaemon } from '../../../src/operator-client/daemon-request.ts'
import {
  type DaemonProcess,
  startDaemon,
  stopDaemon,
} from '../../../src/simulator/demo/daemon-process.ts'
import { findFreePorts } from '../../../src/simulator/demo/free-ports.ts'
import { planMachine } from '../../../src/simulator/machine/machine-plan.ts'
import { usualPace } from '../../../src/simulator/machine/simulated-machine.ts'
import { SimulatedRack } from '../../../src/simulator/simulated-rack.ts'

const patienceMs = 90_000
const secret = 'correct horse battery staple'

const documents = {
  'params/greeting/param.yaml':
    'name: greeting\ntype: string\npattern: "^[a-z ]+$"\ndefault: hello\n',
  'params/volume/param.yaml': 'name: volume\ntype: integer\nmaximum: 11\n',
  'params/words/param.yaml': 'name: words\ntype: list\nitems: { type: string }\n',
  'params/key/param.yaml': 'name: key\ntype: string\nsecret: true\nminimumLength: 8\n',
  'profiles/loud/profile.yaml': 'name: loud\nparams: { volume: 11, key: { secret: the-key } }\n',
  'profiles/global/profile.yaml': 'name: global\nparams: { volume: 3, words: ["a b", "c"] }\n',
  'workflows/greet/workflow.yaml': [
    'name: greet',
    'stages:',
    '  - name: greet',
    '    params: { volume: 5, words: [stage] }',
    '    tasks:',
    '      - name: say',
    '        action: script',
    '        secrets: [key]',
    '        script: |',
    '          echo "$REPAVE_PARAM_GREETING at $REPAVE_PARAM_VOLUME: $REPAVE_PARAM_WORDS"',
    '          echo "the key is $REPAVE_PARAM_KEY"',
    '',
  ].join('\n'),
}

let directory: string
let ports: Awaited<ReturnType<typeof findFreePorts>>
let daemon: DaemonProcess
let rack: SimulatedRack

const daemonDirectory = () => join(directory, 'daemon')
const start = () => startDaemon({ directory: daemonDirectory(), ports })

async function put(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, folder, path)), { recursive: true })
    await writeFile(join(directory, folder, path), text)
  }
  return join(directory, folder)
}

const repave = (...argv: string[]) => repaveAt(daemon.socketPath, argv)

async function repaveAt(socketPath: string, argv: readonly string[]) {
  const { text, exitCode } = begin(argv, { socketPath })
  const code = await exitCode
  return { exitCode: code, ...text }
}

function begin(
  argv: readonly string[],
  { socketPath = daemon.socketPath, signal = new AbortController().signal } = {},
) {
  const text = { out: '', err: '' }
  const stdout = new PassThrough().on('data', (part) => (text.out += String(part)))
  const stderr = new PassThrough().on('data', (part) => (text.err += String(part)))
  const exitCode = runInWorld([...argv, '--socket', socketPath], {
    ...{ stdout, stderr, stdin: Readable.from([]), environment: {}, isRoot: true, signal },
  })
  return { text, exitCode }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-content-'))
  ports = await findFreePorts()
  await mkdir(join(daemonDirectory(), 'secrets'), { recursive: true })
  await writeFile(join(daemonDirectory(), 'secrets', 'the-key'), `${secret}\n`, { mode: 0o600 })
  daemon = await start()
  const plan = planMachine(0, {
    ...{ directory: join(directory, 'machines'), diskBytes: 16 * MEBIBYTE },
  })
  const pace = { ...usualPace, firmwareMs: 100, kernelMs: 100, systemMs: 100 }
  rack = await SimulatedRack.build({ plans: [plan], ports, pace })
  await repave('machine', 'add', 'node-1', '--mac', plan.macAddress)
}, patienceMs)

afterAll(async () => {
  await rack[Symbol.asyncDispose]()
  await stopDaemon(daemon, 'SIGKILL')
  await rm(directory, { recursive: true })
})

async function logLines(): Promise<string> {
  const list = await askDaemon(daemon.connection, { path: '/events?limit=1000' }, eventListSchema)
  return JSON.stringify(list.items.filter(({ type }) => type === 'log'))
}

describe('content that is wrong', () => {
  it('is refused as a whole with every fault and its place, and what is in force stays', async () => {
    const folder = await put('bad', {
      ...documents,
      'profiles/quiet/profile.yaml':
        'name: quiet\nparams:\n  volume: 12\n  volum: 1\n  key: hunter2\n',
      'workflows/greet/workflow.yaml': 'name: greet\nstages:\n  - nam: greet\n',
    })
    for (const verb of ['plan', 'apply', 'diff']) {
      const { exitCode, out, err } = await repave('content', verb, folder)
      expect({ verb, exitCode, out }).toEqual({ verb, exitCode: 8, out: '' })
      expect(err).toContain(
        `${folder}/profiles/quiet/profile.yaml:3:11 params.volume: more than 11`,
      )
      expect(err).toContain('quiet/profile.yaml:4:10 params.volum: no param is called "volum", did')
      expect(err).toContain('quiet/profile.yaml:5:8 params.key: expected { secret: FILE }')
      expect(err).toContain(
        'greet/workflow.yaml:3:5 stages[0]: unknown key "nam", did you mean "name"?',
      )
      expect(err).not.toContain('hunter2')
    }
    expect((await repave('content', 'list')).out).not.toContain('greet')
  })

  it('and a folder without any, or with misspelt folders, is told so', async () => {
    const folder = await put('empty', { 'workflow/x/workflow.yaml': 'name: x\n' })
    const { exitCode, err } = await repave('content', 'apply', folder)
    expect(exitCode).toBe(3)
    expect(err).toContain('holds no content')
  })
})

describe('content that is applied', () => {
  it(
    'is planned first, takes the place of what was applied, and stays when the daemon is killed',
    async () => {
      const folder = await put('good', documents)
      const planned = await repave('content', 'plan', folder, '--detailed-exitcode')
      expect(planned.exitCode).toBe(9)
      expect(planned.out).toContain('+ workflow greet')
      expect(planned.out).toContain('7 added, 0 changed, 0 removed')
      expect((await repave('content', 'apply', folder)).exitCode).toBe(0)
      await stopDaemon(daemon, 'SIGKILL')
      daemon = await start()
      expect((await repave('content', 'list')).out).toMatch(/workflow +greet +applied +-/)
      expect((await repave('content', 'plan', folder, '--detailed-exitcode')).exitCode).toBe(0)
      expect((await repave('content', 'diff')).out).toContain('+ profile loud')
    },
    patienceMs,
  )

  it(
    'comes back with a backup that was taken while the daemon ran, and can be changed further',
    async () => {
      const file = join(directory, 'site.bak')
      const silent = () => undefined
      expect(await runDb(['backup', file, '--plain'], daemonDirectory(), silent)).toBe(0)
      const place = { directory: join(directory, 'restored'), ports: await findFreePorts() }
      expect(await runDb(['restore', file, '--data-dir', place.directory], '', silent)).toBe(0)
      const other = await startDaemon(place)
      try {
        const ask = (...argv: string[]) => repaveAt(other.socketPath, argv)
        const shown = async (read: typeof repave) => (await read('content', 'list')).out
        expect(await shown(ask)).toBe(await shown(repave))
        const good = join(directory, 'good')
        expect((await ask('content', 'plan', good, '--detailed-exitcode')).exitCode).toBe(0)
        const smaller = await put('smaller', {
          'workflows/greet/workflow.yaml': documents['workflows/greet/workflow.yaml'].replace(
            /^ +(?:params|secrets):.*\n/gm,
            '',
          ),
        })
        expect((await ask('content', 'apply', smaller)).exitCode).toBe(0)
        expect(await shown(ask)).not.toContain('loud')
      } finally {
        await stopDaemon(other, 'SIGKILL')
      }
    },
    patienceMs,
  )

  it('changes key by key, and says which machines would not fit any more', async () => {
    expect((await repave('machine', 'set', 'node-1', '--param', 'volume=9')).exitCode).toBe(0)
    const folder = await put('changed', {
      ...documents,
      'params/volume/param.yaml': 'name: volume\ntype: integer\nmaximum: 8\n',
      'profiles/loud/profile.yaml': 'name: loud\nparams: { volume: 8 }\n',
    })
    const { out, exitCode } = await repave('content', 'diff', folder)
    expect(exitCode).toBe(1)
    expect(out).toContain('~ param volume\n    maximum: 11 -> 8')
    expect(out).toContain('    params.key: {"secret":"the-key"} -> nothing')
    expect((await repave('content', 'plan', folder)).out).toContain(
      'machine node-1: volume: more than 8',
    )
    await repave('machine', 'set', 'node-1', '--param', 'volume=')
  })

  it('is refused where somebody else applied meanwhile', async () => {
    const body = { files: [] }
    const request = { method: 'POST', path: '/content', body, revision: 0 } as const
    await expect(askDaemon(daemon.connection, request, eventListSchema)).rejects.toMatchObject({
      code: 'ERR_REVISION_CHANGED',
    })
  })
})

describe('params', () => {
  it('that do not fit are refused wherever they come in', async () => {
    const refused = async (...argv: string[]) => (await repave(...argv)).err
    expect(await refused('machine', 'set', 'node-1', '--param', 'volume=12')).toContain(
      'ERR_PARAM_INVALID]: machine node-1: volume: more than 11',
    )
    expect(await refused('machine', 'set', 'node-1', '--param', 'volum=1')).toContain(
      'no param is called "volum", did you mean "volume"?',
    )
    const misspelt = await refused('machine', 'set', 'node-1', '--profile', 'lout')
    expect(misspelt).toContain('did you mean loud?')
    const secretShown = await refused('machine', 'set', 'node-1', '--param', `key=${secret}`)
    expect(secretShown).toContain('a secret does not belong on a command line')
    expect(secretShown).not.toContain(secret)
    const added = await refused(
      'machine',
      'add',
      'x',
      '--mac',
      '525400000009',
      '--param',
      'volume=x',
    )
    expect(added).toContain('machine x: volume: expected a whole number, found text "x"')
    const ordered = await refused('machine', 'run', 'greet', 'node-1', '--param', 'greeting=HO')
    expect(ordered).toContain('this run: greeting: does not match ^[a-z ]+$')
    // Nobody says yet what the secret is.
    expect(await refused('machine', 'run', 'greet', 'node-1')).toContain('ERR_PARAM_SECRET')
  })

  it(
    'reach the script of a deployment in their precedence, the secret by its file and in no log',
    async () => {
      await repave('machine', 'set', 'node-1', '--profile', 'loud')
      const shown = await repave(
        'machine',
        'params',
        'node-1',
        '--workflow',
        'greet',
        '--stage',
        'greet',
      )
      expect(shown.out).toMatch(/greeting +hello +default/)
      expect(shown.out).toMatch(/volume +11 +profile:loud/)
      expect(shown.out).toMatch(/words +\["stage"\] +stage:greet/)
      expect(shown.out).toMatch(/key +\{"secret":"the-key"\} +profile:loud/)
      const args = ['machine', 'run', 'greet', 'node-1', '--param', 'greeting=good day']
      const planned = await repave(...args, '--dry-run', '--output', 'json')
      expect(planned.out).toContain('"from": "profile:loud"')
      rack.powerOnAll()
      const done = await Promise.race([repave(...args), rack.failed])
      expect(done.exitCode).toBe(0)
      await expect.poll(logLines).toContain(String.raw`good day at 11: [\"stage\"]`)
      expect(await logLines()).toContain('the key is [REPAVE_PARAM_KEY]')
      const { items } = await askDaemon(daemon.connection, { path: '/runs' }, runListSchema)
      expect(items[0]?.frozenParams?.over['greeting']).toEqual({ value: 'good day', from: 'run' })
      // Database and its log, the daemon's log, and everything that was said: nowhere.
      for (const file of ['repave.db', 'repave.db-wal', 'daemon.log']) {
        const bytes = await readFile(join(daemonDirectory(), file)).catch(() => Buffer.alloc(0))
        expect(bytes.includes(secret)).toBe(false)
      }
      expect(done.out + done.err).not.toContain(secret)
    },
    patienceMs,
  )
})

describe('content that is watched', () => {
  it('a folder that is not there ends it, and a format that cannot go on is refused', async () => {
    const { exitCode, err } = await repave('content', 'watch', join(directory, 'nowhere'))
    expect(exitCode).toBe(3)
    expect(err).toContain('cannot read')
    const asJson = await repave('content', 'watch', directory, '--output', 'json')
    expect(asJson).toMatchObject({ exitCode: 2, out: '' })
  })

  it(
    'is applied at once and with every change, and what has a fault is told and not taken',
    async () => {
      const folder = await put('watched', documents)
      const interruption = new AbortController()
      const watching = begin(['content', 'watch', folder], { signal: interruption.signal })
      await expect.poll(() => watching.text.out).toContain(' removed\n')
      await put('watched', { 'profiles/loud/profile.yaml': 'name: loud\nparams: { volume: 12 }\n' })
      await expect
        .poll(() => watching.text.err)
        .toContain(`${folder}/profiles/loud/profile.yaml:2:19 params.volume: more than 11`)
      await put('watched', { 'profiles/loud/profile.yaml': 'name: loud\nparams: { volume: 10 }\n' })
      await expect.poll(() => watching.text.out).toContain('    params.volume: 11 -> 10\n')
      interruption.abort()
      expect(await watching.exitCode).toBe(130)
      expect((await repave('profile', 'show', 'loud')).out).toMatch(/volume +10\n/)
    },
    patienceMs,
  )
})
