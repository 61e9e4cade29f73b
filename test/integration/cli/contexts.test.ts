import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runInWorld } from '../../../src/cli/main.ts'
import { FakeOperatorApi } from '../../fakes/fake-operator-api.ts'
import { sampleId, sampleMachine, sampleRun } from '../../fakes/sample-fleet.ts'

let folder: string
let api: FakeOperatorApi

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-contexts-'))
  api = new FakeOperatorApi(join(folder, 'berlin.sock'))
  await api.start()
  api.machines.set(sampleId(1), sampleMachine(1))
  api.runs.set(sampleId(1, 'bb'), sampleRun(1))
})

afterEach(async () => {
  await api.stop()
  await rm(folder, { recursive: true })
})

async function repaveWith(variables: Record<string, string>, ...argv: string[]) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const { signal } = new AbortController()
  const environment = { XDG_CONFIG_HOME: folder, REPAVE_DATA_DIR: '', ...variables }
  const world = { stdout, stderr, stdin: new PassThrough(), environment, isRoot: true, signal }
  const exitCode = await runInWorld(argv, world)
  return { exitCode, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

const repave = (...argv: string[]) => repaveWith({}, ...argv)
const socket = () => join(folder, 'berlin.sock')

describe('repave context', () => {
  it('refuses a name that nobody noted, and a damaged file with its name', async () => {
    await repave('context', 'set', 'berlin', '--socket', socket())
    const unknown = await repave('machine', 'list', '--context', 'berlni')
    expect(unknown.exitCode).toBe(3)
    expect(unknown.err).toContain('did you mean berlin?')
    expect((await repave('context', 'use', 'paris')).exitCode).toBe(3)
    const file = join(folder, 'repave', 'contexts.json')
    await writeFile(file, '{"contexts":{"berlin":{"token":"secret"}}}')
    const damaged = await repave('machine', 'list')
    expect(damaged.exitCode).toBe(1)
    expect(damaged.err).toContain(
      `${file}: contexts.berlin.token: expected text, under socket, url`,
    )
    expect(damaged.err).not.toContain('secret')
  })

  it('leads commands to the daemon in use, and --context to another', async () => {
    expect((await repave('machine', 'list', '-o', 'name')).exitCode).toBe(6)
    await repave('context', 'set', 'berlin', '--socket', socket())
    await repave('context', 'set', 'paris', '--socket', join(folder, 'paris.sock'))
    expect(await repave('machine', 'list', '-o', 'name')).toMatchObject({ out: 'node-1\n' })
    await repave('context', 'use', 'paris')
    expect((await repave('machine', 'list')).exitCode).toBe(6)
    expect((await repave('machine', 'list', '-o', 'name', '--context=berlin')).out).toBe('node-1\n')
    const { out } = await repave('context', 'list')
    expect(out).toMatch(/^USED {2}NAME .*\n +berlin .*\n\* +paris /)
    await repave('context', 'rm', 'paris')
    expect((await repave('context', 'list', '-o', 'name')).out).toBe('berlin\n')
  })

  it('stands under the environment, and shows no other daemon the token of this one', async () => {
    await repave('context', 'set', 'berlin', '--url', 'http://127.0.0.1:9', '--token-file', '/none')
    const elsewhere = { REPAVE_SOCKET: socket() }
    expect((await repaveWith(elsewhere, 'machine', 'list', '-o', 'name')).out).toBe('node-1\n')
  })

  it('keeps its file from others, and whole', async () => {
    await repave('context', 'set', 'berlin', '--socket', socket())
    const file = join(folder, 'repave', 'contexts.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      current: 'berlin',
      contexts: { berlin: { socket: socket() } },
    })
  })
})

describe('--read-only', () => {
  it('refuses what would change something, and sends nothing', async () => {
    const variables = { REPAVE_SOCKET: socket(), REPAVE_READ_ONLY: '1' }
    const refused = await repaveWith(variables, 'run', 'cancel', 'node-1')
    expect(refused).toMatchObject({ exitCode: 4, out: '' })
    expect(refused.err).toContain('ERR_READ_ONLY')
    expect(api.requests.map(({ method }) => method)).not.toContain('POST')
    expect((await repaveWith(variables, 'run', 'list')).exitCode).toBe(0)
  })
})
