import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FakeOperatorApi } from '../../fakes/fake-operator-api.ts'
import { sampleId, sampleMachine } from '../../fakes/sample-fleet.ts'

const execute = promisify(execFile)
const program = fileURLToPath(new URL('../../../bin/repave', import.meta.url))

let folder: string
let api: FakeOperatorApi

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-completion-'))
  api = new FakeOperatorApi(join(folder, 'api.sock'))
  await api.start()
  for (const number of [1, 2]) api.machines.set(sampleId(number), sampleMachine(number))
})

afterEach(async () => {
  await api.stop()
  await rm(folder, { recursive: true })
})

const environment = () => ({
  ...process.env,
  PATH: `${dirname(program)}:${process.env['PATH']}`,
  REPAVE_SOCKET: join(folder, 'api.sock'),
})

async function complete(...words: string[]): Promise<string[]> {
  const { stdout } = await execute(program, ['complete', '--', ...words], { env: environment() })
  return stdout.split('\n').filter((line) => line !== '')
}

describe('repave complete', () => {
  it('completes nouns, verbs, options, choices and names', async () => {
    expect(await complete('mach')).toEqual(['machine'])
    expect(await complete('serv')).toEqual(['serve'])
    expect(await complete('machine', 'de')).toEqual(['deploy'])
    expect(await complete('machine', 'deploy', '--det')).toEqual(['--detach'])
    expect(await complete('machine', 'list', '--output', 'js')).toEqual(['json', 'jsonl'])
    expect(await complete('machine', 'deploy', 'node-1', '')).toEqual(['node-1', 'node-2'])
  })

  it('says nothing, and no error, where no daemon answers', async () => {
    await api.stop()
    expect(await complete('machine', 'show', '')).toEqual([])
  })
})

describe('repave completion', () => {
  it('gives bash a script that completes', async () => {
    const script = `
      source <(repave completion bash)
      COMP_WORDS=(repave machine show node-) COMP_CWORD=3
      _repave
      printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = await execute('bash', ['-c', script], { env: environment() })
    expect(stdout).toBe('node-1\nnode-2\n')
  })
})
