import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import type { Run } from '../../../src/contract/run.ts'
import { ManualTime } from '../../fakes/manual-time.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import { needProgram } from '../../fakes/need-program.ts'
import { type RunningEngine, startRunningEngine } from '../../fakes/running-engine.ts'
import { agentDisk, receiptOf, ScriptedAgent, seedReceiptOf } from '../../fakes/scripted-agent.ts'

const execute = promisify(execFile)
const images = createMemoryImageStore()
const image = images.stored
const principal = 'operator:ann'

interface WrittenFile {
  readonly path: string
  readonly content: string
}

let directory: string
let daemon: RunningEngine

beforeAll(() => needProgram('python3', 'python3'))
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'repave-scripts-'))
})
afterEach(async () => {
  await daemon[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

const one = (name: string, action: string, more: object = {}) => ({
  name: `stage-${name}`,
  tasks: [{ name, action, ...more }],
})

/** An image, and scripts of two stages that the system on it runs. */
async function start(first: object, second: object): Promise<void> {
  const stages = [
    one('select-disk', 'select-disk'),
    one('write-image', 'write-image'),
    one('write-seed', 'write-seed'),
    one('reboot', 'reboot'),
    one('first', 'system-script', first),
    one('second', 'system-script', second),
    one('await-phone-home', 'await-phone-home'),
  ]
  const folder = join(directory, 'content/workflows/configured')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'workflow.yaml'), JSON.stringify({ name: 'configured', stages }))
  const time = new ManualTime()
  daemon = await startRunningEngine({
    ...{ directory, images, clock: time, timers: time },
    contentDirectories: [join(directory, 'content')],
  })
}

/** Deploys up to the restart, and lays out what cloud-init would write, in a folder of the test. */
async function deployed(): Promise<{ run: Run; starts: readonly string[]; home: string }> {
  const token = await daemon.bootToken()
  const agent = new ScriptedAgent({ url: daemon.agentUrl, token })
  const { machineId } = await agent.take('welcome')
  const request = { machine: machineId, workflow: 'configured', params: { imageName: 'debian-12' } }
  const run = await daemon.engine.runs.createRun(request, principal)
  agent.succeed(await agent.take('task'), { disk: agentDisk })
  const write = await agent.take('task')
  agent.succeed(write, { receipt: receiptOf(write, machineId, image, agent.key) })
  const seed = await agent.take('task')
  if (seed.order.action !== 'write-seed') throw new Error(seed.order.action)
  const user = seed.order.files['user-data'] ?? ''
  agent.succeed(seed, { receipt: seedReceiptOf(seed, agent.key) })
  agent.succeed(await agent.take('task'))
  while ((await found(run))?.taskIndex !== 4) await new Promise((resolve) => setImmediate(resolve))
  agent.socket.terminate()
  await agent.closed()
  await daemon.boot()
  const config = JSON.parse(user.slice(user.indexOf('\n'))) as {
    write_files: WrittenFile[]
    runcmd: string[][]
  }
  const home = join(directory, 'first-boot')
  mkdirSync(home)
  for (const { path, content } of config.write_files) {
    const here = content
      .replaceAll('/var/lib/repave/first-boot', home)
      .replaceAll('http://10.77.0.1:8090', daemon.url)
    writeFileSync(join(home, basename(path)), here)
  }
  const [command = []] = config.runcmd
  return { run, home, starts: command.map((word) => join(home, basename(word))).slice(1) }
}

const found = (run: Run) => daemon.engine.runs.findRun(run.id)
const callHome = async (run: Run) => {
  const nonce = await daemon.store.state.findNonceOfRun(run.id)
  await fetch(`${daemon.url}/phone-home/${nonce?.nonce}`, { method: 'POST' })
}

describe('an image, and scripts that its system runs', () => {
  it('a script that fails ends the run with what it said; the next one is not run', async () => {
    await start(
      { script: 'echo \'the disk is "not" there\' >&2; exit 3' },
      { script: 'touch second' },
    )
    const { run, starts, home } = await deployed()
    await execute('sh', [...starts])
    await callHome(run)
    expect(await found(run)).toMatchObject({
      state: 'failed',
      failure: {
        code: 'ERR_SYSTEM_SCRIPT_FAILED',
        message: 'first ended with 3 on the new system: the disk is "not" there',
      },
    })
    expect(() => readFileSync(join(home, 'second'))).toThrow('ENOENT')
  })

  it('one that may fail does not keep the next one from being run', async () => {
    const first = { script: 'exit 1', onError: 'continue' }
    await start(first, { script: 'echo "$REPAVE_MACHINE $REPAVE_STAGE $REPAVE_TASK" > second' })
    const { run, starts, home } = await deployed()
    expect(await found(run)).toMatchObject({ state: 'running', taskIndex: 4 })
    await execute('sh', [...starts])
    expect(readFileSync(join(home, 'second'), 'utf8')).toBe('m-525400000001 stage-second second\n')
    expect(await found(run)).toMatchObject({ state: 'running', taskIndex: 6 })
    await callHome(run)
    const states = (await found(run))?.tasks.slice(4).map(({ state }) => state)
    expect(states).toEqual(['failed', 'succeeded', 'succeeded'])
    expect(await found(run)).toMatchObject({ state: 'succeeded' })
  })

  it('is told nothing by those who have no nonce, and nothing that makes no sense', async () => {
    await start({ script: 'true' }, { script: 'true' })
    const { run } = await deployed()
    const nonce = (await daemon.store.state.findNonceOfRun(run.id))?.nonce
    const tell = async (path: string, body: Record<string, string>) =>
      fetch(`${daemon.url}/phone-home/${path}`, {
        method: 'POST',
        body: new URLSearchParams(body),
      }).then(async (answer) => `${answer.status} ${(await answer.text()).trim()}`)
    expect(await tell(`${'a'.repeat(43)}/scripts/first`, { exit_code: '0' })).toBe('404 unknown')
    expect(await tell(`${nonce}/scripts/first`, { exit_code: '$(id)' })).toBe('404 unknown')
    expect(await tell(`${nonce}/scripts/..%2f`, { exit_code: '0' })).toBe('404 unknown')
    expect(await tell(`${nonce}/scripts/second`, { exit_code: '0' })).toBe('200 go on')
    expect(await found(run)).toMatchObject({ state: 'running', taskIndex: 4 })
    for (const _repeat of [1, 2]) {
      expect(await tell(`${nonce}/scripts/first`, { exit_code: '0' })).toBe('200 go on')
      expect(await found(run)).toMatchObject({ state: 'running', taskIndex: 5 })
    }
  })
})
