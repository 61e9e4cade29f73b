import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'

import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runInWorld } from '../../../src/cli/main.ts'
import { createOperatorApp } from '../../../src/daemon/api/operator-app.ts'
import { localImportSources } from '../../fakes/local-import-sources.ts'
import { ManualTime } from '../../fakes/manual-time.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import { MemoryOperatorServices } from '../../fakes/memory-operator-services.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { type RunningEngine, startRunningEngine } from '../../fakes/running-engine.ts'
import { doTasks, ScriptedAgent, ScriptedKey } from '../../fakes/scripted-agent.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const images = createMemoryImageStore()
const documents = {
  'bootenvs/sledgehammer/bootenv.yaml':
    'name: sledgehammer\nkind: sledgehammer\nkernelArguments: [quiet, "console={{ params.console }}"]\n',
  'params/console/param.yaml': 'name: console\ntype: string\n',
}
let folder: string
let daemon: RunningEngine
let app: FastifyInstance

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-cli-'))
  for (const [path, text] of Object.entries(documents)) {
    await mkdir(dirname(join(folder, 'content', path)), { recursive: true })
    await writeFile(join(folder, 'content', path), text)
  }
  daemon = await startRunningEngine({
    ...{ directory: folder, images, clock: realClock, timers: new ManualTime() },
    contentDirectories: [join(folder, 'content')],
  })
  const memory = new MemoryOperatorServices()
  const readStatus = () => Promise.reject(new Error('no status here'))
  const { runs, machines } = daemon.engine
  const { events } = daemon.store
  const logger = createSilentLogger()
  const services = {
    runs,
    machines,
    explainer: memory.explainer,
    events,
    images: { ...memory.images, ...images },
    keys: memory.keys,
    networks: memory.networks,
    content: memory.content,
    params: daemon.content,
    tokens: memory.tokens,
    answers: memory.answers,
    audit: memory.audit,
    rules: daemon.engine.rules,
    webSessions: memory.webSessions,
    importer: memory.importer,
    importSources: localImportSources(),
    clock: realClock,
    logger,
    isReady: memory.isReady,
    readStatus,
    readBackup: () => memory.readBackup(),
  }
  app = await createOperatorApp(services, 'unix')
  await app.listen({ path: join(folder, 'api.sock') })
})

afterEach(async () => {
  await app.close()
  await daemon[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function start(...argv: string[]) {
  const interruption = new AbortController()
  const text = { out: '', err: '' }
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  stdout.on('data', (part) => (text.out += String(part)))
  stderr.on('data', (part) => (text.err += String(part)))
  const exitCode = runInWorld([...argv, '--socket', join(folder, 'api.sock')], {
    stdout,
    stderr,
    stdin: new PassThrough(),
    environment: {},
    isRoot: true,
    signal: interruption.signal,
  })
  return { text, exitCode, interrupt: () => interruption.abort() }
}

async function repave(...argv: string[]) {
  const { text, exitCode } = start(...argv)
  return { exitCode: await exitCode, ...text }
}

const addMachine = () => repave('machine', 'add', 'node-1', '--mac', '525400000001')
const deploy = (...argv: string[]) =>
  start('machine', 'deploy', 'node-1', '--image', 'debian-12', '--yes', ...argv)

describe("the command line with the daemon's own interface", () => {
  it('adds, lists and shows machines, and is told of a name that is taken', async () => {
    expect((await addMachine()).exitCode).toBe(0)
    expect((await repave('machine', 'list', '-o', 'name')).out).toBe('node-1\n')
    expect((await repave('machine', 'show', 'node-1')).exitCode).toBe(0)
    expect((await addMachine()).exitCode).toBe(5)
    expect((await repave('machine', 'add', 'Bad Name', '--mac', 'x')).exitCode).toBe(2)
  })

  it('imports an image that is there', async () => {
    const file = join(folder, 'disk.raw')
    await writeFile(file, Buffer.alloc(5 * 1024 ** 2, 1))
    expect((await repave('image', 'import', file, '--name', 'other')).exitCode).toBe(0)
    expect((await repave('image', 'list', '-o', 'name')).out).toBe('debian-12\n')
    expect((await repave('image', 'show', 'debian-12')).exitCode).toBe(0)
  })

  it('refuses an image that is not there, and a machine that is busy', async () => {
    await addMachine()
    const unknown = await repave('machine', 'deploy', 'node-1', '--image', 'debian-99', '--yes')
    expect(unknown).toMatchObject({ exitCode: 3, out: '' })
    expect(await deploy('--detach').exitCode).toBe(0)
    expect(await deploy('--detach').exitCode).not.toBe(0)
  })

  it('follows a deployment from its order to the call home', async () => {
    await addMachine()
    const following = deploy()
    await expect.poll(() => following.text.out).toContain('waits for the machine to boot')
    const key = new ScriptedKey()
    const token = await daemon.bootToken('52:54:00:00:00:01')
    const agent = new ScriptedAgent({ url: daemon.agentUrl, token, key })
    const { machineId } = await agent.take('welcome')
    await doTasks(agent, machineId, images.stored)
    agent.socket.terminate()
    await daemon.boot()
    const [run] = (await daemon.engine.runs.snapshot()).runs
    const nonce = await daemon.store.state.findNonceOfRun(run?.id ?? '')
    const body = new URLSearchParams({ instance_id: 'x', hostname: 'node-1' })
    await fetch(`${daemon.url}/phone-home/${nonce?.nonce}`, { method: 'POST', body })
    expect(await following.exitCode).toBe(0)
    const lines = following.text.out.split('\n').map((line) => line.slice(10).trimEnd())
    expect(lines.filter((line) => / (?:started|done in \S+)$/.test(line))).toHaveLength(12)
    expect(following.text.out).toContain('boots sledgehammer')
    expect(following.text.out).toContain('the agent has joined')
    expect(following.text.out).toMatch(/node-1 succeeded in [^\n]*\n {2}machine +node-1/)
    expect(following.text.out).toMatch(/ {2}receipt +sha256:[0-9a-f]{64}\n/)
    expect((await repave('machine', 'list')).out).toMatch(/node-1 +deployed +debian-12/)
  })

  it('tells the timeline of a machine and the log of its run, and goes on telling', async () => {
    await addMachine()
    await repave('machine', 'add', 'node-2', '--mac', '525400000002')
    expect((await repave('machine', 'timeline', 'node-9')).exitCode).toBe(3)
    const follow = start('machine', 'timeline', 'node-1', '--follow')
    await expect.poll(() => follow.text.out).toContain('machine  created')
    await deploy('--detach').exitCode
    await expect.poll(() => follow.text.out).toContain('queued: deploy-image debian-12')
    const [run] = (await daemon.engine.runs.snapshot()).runs
    const logged = { type: 'log', action: 'lines', key: run?.machineId ?? '' }
    const facts = {
      ...logged,
      machineId: run?.machineId,
      timeMs: Date.now(),
      principal: 'agent:node-1',
    }
    const lines = ['chunk 1 ok', 'chunk 2 \u001b[2Jok\u202e']
    daemon.store.events.record({ ...facts, runId: run?.id, body: { lines } })
    daemon.store.events.record({ ...facts, body: { lines: ['of no run'] } })
    const address = { key: '52:54:00:00:00:02', principal: 'daemon', timeMs: Date.now() }
    const foreign = { type: 'dhcp', action: 'ack', body: { because: 'another machine' } }
    daemon.store.events.record({ ...address, ...foreign })
    await expect.poll(() => follow.text.out).toContain('of no run')
    follow.interrupt()
    expect(await follow.exitCode).toBe(130)
    expect(follow.text.out).not.toContain('another machine')
    expect((await repave('machine', 'timeline', 'node-1')).out).toBe(follow.text.out)
    expect((await repave('machine', 'timeline', 'node-2')).out).toContain('ack another machine')
    const log = (await repave('run', 'logs', 'node-1')).out
    expect(log.split('\n').map((line) => line.slice(21))).toEqual([
      'chunk 1 ok',
      'chunk 2 ?[2Jok?',
      '',
    ])
    expect((await repave('machine', 'logs', 'node-1')).out).toContain('of no run')
    const json = (await repave('machine', 'logs', 'node-1', '-o', 'jsonl')).out
      .trimEnd()
      .split('\n')
    expect(json.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      ...['version', 'log', 'log'],
    ])
  })

  it('says what a dry run would ask, asks nobody for a name, and changes nothing', async () => {
    await addMachine()
    await deploy('--detach').exitCode
    const before = daemon.store.events.lastSeq()
    const tried = [
      ['machine', 'add', 'node-2', '--mac', '525400000002'],
      ['machine', 'set', 'node-1', '--label', 'rack=r1'],
      ['machine', 'capture', 'node-1', '--name', 'golden'],
      ['run', 'cancel', 'node-1'],
      ['image', 'rm', 'debian-12'],
      ['lease', 'release', '10.0.0.7'],
      ['token', 'create', 'ci'],
      ['token', 'revoke', 'ci'],
      ['key', 'rotate'],
    ]
    for (const words of tried) {
      const { exitCode, out, err } = await repave(...words, '--dry-run')
      expect([words, exitCode, err]).toEqual([words, 0, ''])
      expect(out).toMatch(
        /^would send {2}(?:POST|PATCH|DELETE) \/api\/v1\/\S+.*\nnothing was changed\n$/,
      )
    }
    expect(daemon.store.events.lastSeq()).toBe(before)
    const json = await repave('run', 'cancel', 'node-1', '--note', 'why', '--dry-run', '-o', 'json')
    expect(JSON.parse(json.out)).toMatchObject({
      kind: 'DryRun',
      method: 'POST',
      body: { note: 'why' },
    })
  })

  it('has the rules decide once more: first what would come of it, then what has', async () => {
    await addMachine()
    const tried = await repave('machine', 'classify', 'node-1', '--dry-run')
    expect(tried).toMatchObject({ exitCode: 0, out: 'machine node-1\n  there are no rules\n' })
    const unknown = await repave('machine', 'classify', 'node-1')
    expect(unknown.exitCode).not.toBe(0)
    expect(unknown.err).toContain('has shown no inventory')
    const token = await daemon.bootToken('52:54:00:00:00:01')
    await new ScriptedAgent({ url: daemon.agentUrl, token }).take('welcome')
    const done = await repave('machine', 'classify', 'node-1', '--note', 'new disk')
    expect(done).toMatchObject({ exitCode: 0, out: 'node-1  no rule fits it  ready\n' })
    const all = await repave('machine', 'classify', '--selector', 'state=ready')
    expect(all.out).toContain('1 done, 0 refused')
    expect((await repave('machine', 'timeline', 'node-1')).out).toContain('new disk')
  })

  it('prints the outcome of a run alone where no progress is wanted', async () => {
    await addMachine()
    const following = deploy('--progress', 'none')
    await expect.poll(async () => (await repave('run', 'list', '-o', 'name')).out).not.toBe('')
    expect((await repave('run', 'cancel', 'node-1')).exitCode).toBe(0)
    expect(await following.exitCode).toBe(1)
    expect(following.text.out).toMatch(/^node-1 cancelled/)
  })

  it('sees a run cancelled, and exits with 1', async () => {
    await addMachine()
    const following = deploy()
    await expect.poll(() => following.text.out).toContain('node-1')
    expect((await repave('run', 'cancel', 'node-1')).exitCode).toBe(0)
    expect(await following.exitCode).toBe(1)
    expect(following.text.out).toContain('cancelled')
    expect((await repave('run', 'approve', 'node-1')).exitCode).not.toBe(0)
  })

  it('steers a run: breakpoint, step, release, skip, each with its note in the record', async () => {
    await addMachine()
    const token = await daemon.bootToken('52:54:00:00:00:01')
    const agent = new ScriptedAgent({ url: daemon.agentUrl, token })
    await agent.take('welcome')
    const burnIn = ['machine', 'run', 'burn-in', 'node-1']
    expect((await repave(...burnIn, '--stop-at', 'nowhere', '--detach')).exitCode).not.toBe(0)
    expect((await repave(...burnIn, '--dry-run')).out).toMatch(/cpu +cpu +burn-in/)
    expect((await repave(...burnIn, '--stop-at', 'cpu', '--detach')).exitCode).toBe(0)
    agent.succeed(await agent.take('task'))
    await agent.take('result-ack')
    const shown = (await repave('run', 'show', 'node-1')).out
    expect(shown).toContain('held: breakpoint: before stage cpu; go on with: repave run release')
    expect((await repave('run', 'step', 'node-1')).exitCode).toBe(0)
    agent.succeed(await agent.take('task'))
    await agent.take('result-ack')
    expect((await repave('run', 'skip', 'node-1', '--note', 'memory is new')).exitCode).toBe(0)
    expect((await repave('run', 'release', 'node-1')).exitCode).not.toBe(0)
    agent.succeed(await agent.take('task'))
    await agent.take('result-ack')
    const record = (await repave('run', 'show', 'node-1')).out
    expect(record).toMatch(/ago {2}step by operator:\S+ {2}cpu/)
    expect(record).toMatch(/ago {2}skip by operator:\S+ {2}memory: memory is new/)
    expect(record).toMatch(/state +succeeded/)
    agent.socket.terminate()
  })

  it('live-boot runs a script of the person, and wipe asks before it takes anything', async () => {
    await addMachine()
    const script = join(folder, 'configure.sh')
    await writeFile(script, 'echo hello')
    const live = ['machine', 'run', 'live-boot', 'node-1', '--detach']
    expect((await repave(...live)).err).toContain('runs a script of yours')
    expect((await repave(...live, '--script', script)).exitCode).toBe(0)
    expect((await repave('run', 'cancel', 'node-1')).exitCode).toBe(0)
    expect((await repave('machine', 'run', 'wipe', 'node-1', '--detach')).exitCode).not.toBe(0)
    expect((await repave('machine', 'run', 'wipe', 'node-1', '--detach', '--yes')).exitCode).toBe(0)
  })

  it('sets what a machine does on boot, and says what it would boot now', async () => {
    await addMachine()
    expect((await repave('machine', 'set', 'node-1')).exitCode).toBe(2)
    expect((await repave('machine', 'set', 'node-1', '--on-boot', 'sometimes')).exitCode).toBe(2)
    const set = ['machine', 'set', 'node-1', '--on-boot', 'workflow:burn-in', '--label', 'rack=r1']
    expect((await repave(...set)).out).toContain('on boot: workflow:burn-in  rack=r1')
    const decision = await repave('machine', 'boot-decision', 'node-1')
    expect(decision.out).toMatch(/boots +sledgehammer\n/)
    expect(decision.out).toMatch(/begins +burn-in\n/)
    expect((await repave('machine', 'set', 'node-1', '--label', 'rack=')).out).not.toContain('r1')
    expect((await repave('machine', 'boot-decision', 'node-9')).exitCode).toBe(3)
    expect((await repave('run', 'list', '-o', 'name')).out).toBe('')
  })

  it('watches events from the first one on', async () => {
    await addMachine()
    const watch = start('event', 'watch', 'machine', '--since', '1h')
    await expect.poll(() => watch.text.out).toContain('machine.created')
    watch.interrupt()
    expect(await watch.exitCode).toBe(130)
  })
})

describe('what is in force', () => {
  it('names that do not exist are answered with the nearest that do', async () => {
    const workflow = await repave('workflow', 'show', 'deploy-imag')
    expect(workflow).toMatchObject({ exitCode: 3, out: '' })
    expect(workflow.err).toContain('did you mean deploy-image')
    expect((await repave('bootenv', 'show', 'sledgehamer')).err).toContain(
      'did you mean sledgehammer',
    )
    expect(await repave('stage', 'show', 'deploy-image/writ')).toMatchObject({ exitCode: 3 })
    expect((await repave('bootenv', 'render', 'node-9')).exitCode).toBe(3)
  })

  it('a stage that several workflows have is asked for by both names', async () => {
    const { exitCode, err } = await repave('stage', 'show', 'write')
    expect(exitCode).toBe(3)
    expect(err).toContain('more than one workflow has the stage write')
    expect(err).toContain('deploy-image/write or reprovision/write')
    const shown = await repave('stage', 'show', 'deploy-image/write')
    expect(shown.exitCode).toBe(0)
    expect(shown.out).toMatch(/write-image +write-image +1h00m +3 +fail +-\n/)
  })

  it('workflows, stages and bootenvs are listed and shown, for people and for programs', async () => {
    const workflows = await repave('workflow', 'list', '--output', 'name')
    expect(workflows.out.split('\n')).toContain('deploy-image')
    expect((await repave('workflow', 'list')).out).toMatch(/^NAME +STAGES +TASKS +DESCRIPTION\n/)
    const shown = await repave('workflow', 'show', 'deploy-image')
    expect(shown.out).toMatch(/first-boot +await-phone-home +await-phone-home +30m00s/)
    const one = JSON.parse((await repave('workflow', 'show', 'wipe', '-o', 'json')).out) as object
    expect(one).toMatchObject({ apiVersion: 'repave/v1', kind: 'Workflow', name: 'wipe' })
    expect((await repave('stage', 'list', '-o', 'name')).out).toContain('deploy-image/seed\n')
    expect((await repave('bootenv', 'list', '-o', 'name')).out).toBe('local-disk\nsledgehammer\n')
    expect((await repave('bootenv', 'show', 'sledgehammer')).out).toContain(
      'arguments  quiet\n           console={{ params.console }}\n',
    )
  })

  it('what a machine would boot is shown with its params filled in, and what could not be', async () => {
    await addMachine()
    const without = await repave('bootenv', 'render', 'node-1')
    expect(without.out).toMatch(/boots +sledgehammer\n/)
    expect(without.out).toMatch(/left out +console=\{\{ params\.console \}\}: console has no value/)
    await repave('machine', 'set', 'node-1', '--param', 'console=ttyS1')
    const { exitCode, out } = await repave('bootenv', 'render', 'node-1', '--output', 'json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      kind: 'RenderedBootEnv',
      bootEnv: 'sledgehammer',
      kernelArguments: ['quiet', 'console=ttyS1'],
      leftOut: [],
    })
    await repave('machine', 'retire', 'node-1')
    expect((await repave('bootenv', 'render', 'node-1')).out).toMatch(/boots +local-disk\n/)
  })
})
