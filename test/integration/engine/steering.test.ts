import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { InterventionVerb, Run } from '../../../src/contract/run.ts'
import { ManualTime } from '../../fakes/manual-time.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import {
  type RunningEngine,
  type RunningEngineOptions,
  startRunningEngine,
} from '../../fakes/running-engine.ts'
import { ScriptedAgent, agentDisk, doTasks, receiptOf } from '../../fakes/scripted-agent.ts'

const images = createMemoryImageStore()
const image = images.stored
const principal = 'operator:ann'
const params = { imageName: 'debian-12' }
const macAddress = (number: number) => `52:54:00:00:00:0${number}`
const nameOf = (number: number) => `m-52540000000${number}`

let directory: string
let time: ManualTime
let daemon: RunningEngine

const start = async (options: Partial<RunningEngineOptions> = {}) => {
  daemon = await startRunningEngine({
    ...{ directory, images, clock: time, timers: time },
    contentDirectories: [join(directory, 'content')],
    ...options,
  })
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'repave-steer-'))
  mkdirSync(join(directory, 'content'))
  time = new ManualTime()
})
afterEach(async () => {
  await daemon[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

function workflow(name: string, document: object): void {
  const folder = join(directory, 'content', 'workflows', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'workflow.yaml'), JSON.stringify({ name, ...document }))
}

async function joined(number = 1) {
  const token = await daemon.bootToken(macAddress(number))
  const agent = new ScriptedAgent({ url: daemon.agentUrl, token, inventory: inventoryOf(number) })
  const { machineId } = await agent.take('welcome')
  return { agent, machineId }
}

function inventoryOf(number: number) {
  return {
    firmwareMode: 'bios' as const,
    arch: 'x86_64' as const,
    system: { serialNumber: `SN-${number}` },
    cpu: { model: 'test', logicalCores: 1 },
    memoryBytes: 2 ** 30,
    disks: [agentDisk],
    networkInterfaces: [],
    kernelRelease: '6.1',
  }
}

const order = (name: string, number = 1, more: object = {}) =>
  daemon.engine.runs.createRun(
    { machine: nameOf(number), workflow: name, params, ...more },
    principal,
  )

const intervene = (run: Run, verb: InterventionVerb, note?: string) =>
  daemon.engine.runs.intervene(run.id, { verb, principal, ...(note === undefined ? {} : { note }) })

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  )

async function runIn(id: string, ...states: Run['state'][]): Promise<Run> {
  for (;;) {
    const run = await daemon.engine.runs.findRun(id)
    if (run !== undefined && states.includes(run.state)) return run
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const actionsOf = async (type: string) =>
  (await daemon.events()).filter((event) => event.type === type).map(({ action }) => action)

const task = (name: string, more: object = {}) => ({ name, action: 'inventory', ...more })
const stages = (...tasks: object[]) => ({
  stages: tasks.map((one, index) => ({ name: `stage-${index}`, tasks: [one] })),
})

describe('a person steers a run', () => {
  it('is told when a verb does not fit, and nothing changes', async () => {
    workflow('two', stages(task('a'), { name: 'disk', action: 'select-disk' }))
    await start()
    const { agent } = await joined()
    const run = await order('two')
    await agent.take('task')
    for (const verb of ['approve', 'release', 'step', 'retry'] as const) {
      expect(await codeOf(intervene(run, verb))).toBe('ERR_RUN_NOT_WAITING')
    }
    agent.succeed({ ...(await taskOf(run)) } as never)
    await agent.take('task')
    expect(await codeOf(intervene(run, 'skip'))).toBe('ERR_TASK_REQUIRED')
    await intervene(run, 'cancel')
    expect(await codeOf(intervene(run, 'hold'))).toBe('ERR_RUN_ENDED')
    expect(await codeOf(order('two', 1, { stopAt: 'nowhere' }))).toBe('ERR_STAGE_NOT_FOUND')
  })

  const taskOf = async (run: Run) => {
    const now = await daemon.engine.runs.findRun(run.id)
    return { attemptId: now?.tasks[now.taskIndex]?.attemptId ?? '' }
  }

  it('a breakpoint stops before its stage; one step does one task; release does the rest', async () => {
    workflow('three', stages(task('a'), task('b'), task('c')))
    await start()
    const { agent } = await joined()
    const run = await order('three', 1, { stopAt: 'stage-1' })
    agent.succeed(await agent.take('task'))
    const held = await runIn(run.id, 'held')
    expect(held).toMatchObject({ taskIndex: 1, heldBecause: 'breakpoint: before stage stage-1' })
    await intervene(run, 'step')
    agent.succeed(await agent.take('task'))
    expect(await runIn(run.id, 'held')).toMatchObject({ taskIndex: 2 })
    await intervene(run, 'release', 'looks good')
    agent.succeed(await agent.take('task'))
    const done = await runIn(run.id, 'succeeded')
    expect(done.interventions).toMatchObject([
      { verb: 'step', by: principal, task: 'b' },
      { verb: 'release', by: principal, task: 'c', note: 'looks good' },
    ])
  })

  it('a held run keeps its place through a restart of the daemon', async () => {
    workflow('two', stages(task('a'), task('b')))
    await start()
    const { agent } = await joined()
    const run = await order('two')
    const first = await agent.take('task')
    expect(await intervene(run, 'hold', 'moving the rack')).toMatchObject({ state: 'running' })
    agent.succeed(first)
    expect(await runIn(run.id, 'held')).toMatchObject({
      taskIndex: 1,
      heldBecause: 'a person holds it: moving the rack',
    })
    await daemon[Symbol.asyncDispose]()
    await start()
    const again = await joined()
    await intervene(run, 'release')
    again.agent.succeed(await again.agent.take('task'))
    await runIn(run.id, 'succeeded')
  })

  it('a task that needs approval begins with it, and who gave it stands in the run', async () => {
    workflow('asks', stages(task('a', { needsApproval: true })))
    await start()
    const { agent } = await joined()
    const run = await order('asks')
    expect(run.state).toBe('waiting-approval')
    await intervene(run, 'approve', 'ticket 7')
    agent.succeed(await agent.take('task'))
    const done = await runIn(run.id, 'succeeded')
    expect(done.interventions).toMatchObject([{ verb: 'approve', by: principal, note: 'ticket 7' }])
    expect(await actionsOf('run')).toContain('approved')
  })

  it('what is skipped is stopped, stays skipped, and the rest goes on', async () => {
    workflow('two', stages(task('a'), task('b')))
    await start()
    const { agent } = await joined()
    const run = await order('two')
    const first = await agent.take('task')
    await intervene(run, 'skip')
    expect(await agent.take('cancel')).toMatchObject({ attemptId: first.attemptId })
    agent.succeed(await agent.take('task'))
    const done = await runIn(run.id, 'succeeded')
    expect(done.tasks.map(({ state }) => state)).toEqual(['skipped', 'succeeded'])
  })

  it('what has failed is ordered anew by retry, as a run of its own', async () => {
    workflow('one', stages(task('a')))
    await start()
    const { agent } = await joined()
    const run = await order('one')
    agent.fail(await agent.take('task'), 'ERR_X', false)
    await runIn(run.id, 'failed')
    const second = await intervene(run, 'retry')
    expect(second.id).not.toBe(run.id)
    agent.succeed(await agent.take('task'))
    await runIn(second.id, 'succeeded')
    expect(await codeOf(intervene(second, 'retry'))).toBe('ERR_RUN_ENDED')
  })

  it('onError names one task of recovery; the run fails for what failed first', async () => {
    workflow('saved', {
      ...stages(task('a', { onError: { task: 'save-logs' } }), task('b')),
      recovery: [{ name: 'save-logs', action: 'script', script: 'dmesg' }, task('never')],
    })
    await start()
    const { agent } = await joined()
    const run = await order('saved')
    agent.fail(await agent.take('task'), 'ERR_FIRST', false)
    const saves = await agent.take('task')
    expect(saves.order).toMatchObject({
      action: 'script',
      environment: { REPAVE_FAILURE: 'ERR_FIRST', REPAVE_TASK: 'save-logs' },
    })
    agent.succeed(saves, { exitCode: 0 })
    const failed = await runIn(run.id, 'failed')
    expect(failed.failure?.code).toBe('ERR_FIRST')
    expect(failed.tasks.map(({ state }) => state)).toEqual([
      'failed',
      'skipped',
      'succeeded',
      'skipped',
    ])
  })
})

describe('scripts', () => {
  const script = (name: string) => ({ name, action: 'script', script: 'true' })

  it('128 runs once more, 192 in the next boot, 16 holds, and 0 ends it', async () => {
    workflow('scripted', stages(script('a'), script('b')))
    await start()
    let { agent } = await joined()
    const run = await order('scripted')
    agent.succeed(await agent.take('task'), { exitCode: 128 })
    await agent.take('result-ack')
    time.advance(2000)
    agent.succeed(await agent.take('task'), { exitCode: 192 })
    await agent.take('result-ack')
    // The old boot is told nothing more, although it is still there.
    expect((await daemon.engine.runs.findRun(run.id))?.tasks[0]).toMatchObject({ state: 'pending' })
    agent.socket.terminate()
    await agent.closed()
    ;({ agent } = await joined())
    agent.succeed(await agent.take('task'), { exitCode: 16 })
    expect(await runIn(run.id, 'held')).toMatchObject({
      taskIndex: 1,
      heldBecause: 'a asked to stop (exit code 16)',
    })
    await intervene(run, 'release')
    agent.succeed(await agent.take('task'), { exitCode: 0 })
    const done = await runIn(run.id, 'succeeded')
    expect(done.tasks[0]).toMatchObject({ incompletes: 2, exitCode: 16 })
  })

  it('a success without an exit code is none', async () => {
    workflow('scripted', stages(script('a')))
    await start()
    const { agent } = await joined()
    const run = await order('scripted')
    agent.succeed(await agent.take('task'))
    expect((await runIn(run.id, 'failed')).failure?.code).toBe('ERR_RESULT_INCOMPLETE')
  })

  it('after a power-off the next task waits without a time', async () => {
    workflow('off', stages({ name: 'off', action: 'poweroff' }, task('b')))
    await start()
    const { agent } = await joined()
    const run = await order('off')
    agent.succeed(await agent.take('task'))
    await agent.take('result-ack')
    agent.socket.terminate()
    time.advance(86_400_000)
    const again = await joined()
    again.agent.succeed(await again.agent.take('task'))
    await runIn(run.id, 'succeeded')
  })

  it('live-boot asks for the script of the run', async () => {
    await start()
    const { agent } = await joined()
    const live = { machine: nameOf(1), workflow: 'live-boot' }
    expect(await codeOf(daemon.engine.runs.createRun(live, principal))).toBe('ERR_SCRIPT_REQUIRED')
    await daemon.engine.runs.createRun({ ...live, params: { script: 'echo hi' } }, principal)
    agent.succeed(await agent.take('task'))
    expect((await agent.take('task')).order).toMatchObject({ action: 'script', script: 'echo hi' })
  })
})

describe('hooks', () => {
  it('a workflow can call only what the configuration names', async () => {
    workflow('drains', stages({ name: 'drain', action: 'call-hook', hook: 'drain' }))
    await start()
    await joined()
    expect(await codeOf(order('drains'))).toBe('ERR_HOOK_NOT_FOUND')
  })

  it('a webhook and a command are told of the machine; what fails for now is called again', async () => {
    const calls: { body: string; key: unknown }[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (part) => (body += String(part)))
      request.on('end', () => {
        calls.push({ body, key: request.headers['x-token'] })
        response.writeHead(calls.length === 1 ? 503 : 204).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/drain`
    const file = join(directory, 'said')
    workflow(
      'drains',
      stages(
        { name: 'drain', action: 'call-hook', hook: 'drain', retry: { attempts: 2 } },
        { name: 'tell', action: 'call-hook', hook: 'tell' },
      ),
    )
    await start({
      hooks: {
        drain: { url, headers: { 'x-token': 'secret' } },
        tell: { command: ['sh', '-c', `echo "$REPAVE_MACHINE $REPAVE_TASK" | tee ${file}`] },
      },
    })
    await joined()
    const run = await order('drains')
    while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve))
    for (;;) {
      const now = await daemon.engine.runs.findRun(run.id)
      if (now?.tasks[0]?.state === 'waiting-retry') break
      await new Promise((resolve) => setImmediate(resolve))
    }
    time.advance(2000)
    await runIn(run.id, 'succeeded')
    server.close()
    expect(calls).toHaveLength(2)
    expect(calls[1]?.key).toBe('secret')
    expect(JSON.parse(calls[1]?.body ?? '')).toMatchObject({
      machineName: nameOf(1),
      hook: 'drain',
    })
    expect(readFileSync(file, 'utf8')).toBe(`${nameOf(1)} tell\n`)
    const log = (await daemon.events()).filter(({ type }) => type === 'log')
    expect(log).toMatchObject([{ runId: run.id, body: { lines: [`${nameOf(1)} tell`] } }])
  })

  it('E05: one that hangs is ended with the run', async () => {
    workflow('hangs', stages({ name: 'drain', action: 'call-hook', hook: 'sleep' }))
    await start({ hooks: { sleep: { command: ['sleep', '60'] } } })
    await joined()
    const run = await order('hangs')
    expect(run.state).toBe('running')
    await intervene(run, 'cancel')
    await runIn(run.id, 'cancelled')
  })
})

describe('turns to write', () => {
  it('E12: so many write as may; the others see their place, and each is let on in turn', async () => {
    await start({ writeLimits: { daemon: 1, rack: 9, image: 9 } })
    const agents = [await joined(1), await joined(2), await joined(3)]
    const runs: Run[] = []
    for (const number of [1, 2, 3]) {
      time.advance(1000)
      runs.push(await order('deploy-image', number))
      const { agent } = agents[number - 1] as (typeof agents)[0]
      agent.succeed(await agent.take('task'), { inventory: inventoryOf(number) })
      agent.succeed(await agent.take('task'), { disk: agentDisk })
      await agent.take('result-ack')
      await agent.take('result-ack')
    }
    const places = async () =>
      Promise.all(
        runs.map(async ({ id }) => (await daemon.engine.runs.findRun(id))?.queue?.position),
      )
    expect(await places()).toEqual([undefined, 1, 2])
    const [first, second, third] = agents
    if (!first || !second || !third) throw new Error('no agents')
    const write = await first.agent.take('task')
    expect(write.order.action).toBe('write-image')
    const { queue } = (await daemon.engine.runs.snapshot()).runs[1] ?? {}
    expect(queue).toEqual({ position: 1, limit: 'daemon' })
    const receipt = receiptOf(write, first.machineId, image, first.agent.key)
    first.agent.succeed(write, { receipt })
    expect((await second.agent.take('task')).order.action).toBe('write-image')
    expect(await places()).toEqual([undefined, undefined, 1])
    await intervene(runs[1] as Run, 'cancel')
    expect((await third.agent.take('task')).order.action).toBe('write-image')
  })
})

describe('a machine that is lost', () => {
  it('E03: is lost 45 s after its last sign, and comes back to where it was', async () => {
    workflow('one', stages(task('a', { timeoutSeconds: 600 })))
    await start({ timings: { pingMs: 1_000_000 } })
    const { agent } = await joined()
    const run = await order('one')
    await agent.take('task')
    agent.socket.terminate()
    await agent.closed()
    // The silence of 30 s is the socket's; here the link is cut at once.
    while ((await daemon.engine.runs.findRun(run.id))?.state !== 'lost') {
      time.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await actionsOf('agent')).toContain('lost')
    const again = await joined()
    const repeated = await again.agent.take('task')
    again.agent.succeed(repeated)
    await runIn(run.id, 'succeeded')
    const actions = await actionsOf('run')
    expect(actions.filter((action) => ['lost', 'resumed', 'retrying'].includes(action))).toEqual([
      'lost',
      'resumed',
      'retrying',
    ])
  })

  it('E04: one that does not come back fails its task within the time of the task', async () => {
    workflow('one', stages(task('a', { timeoutSeconds: 100 })))
    await start()
    const { agent } = await joined()
    const run = await order('one')
    await agent.take('task')
    agent.socket.terminate()
    await agent.closed()
    await new Promise((resolve) => setTimeout(resolve, 50))
    time.advance(20_000)
    await runIn(run.id, 'lost')
    time.advance(80_000)
    const failed = await runIn(run.id, 'failed')
    expect(failed.failure).toMatchObject({
      code: 'ERR_AGENT_LOST',
      message: 'a did not end within 100 s: its agent has fallen silent',
    })
  })
})

describe('what a machine does on boot', () => {
  const deployOnce = async () => {
    const { agent, machineId } = await joined()
    const run = await order('deploy-image')
    await doTasks(agent, machineId, image)
    agent.socket.terminate()
    await daemon.boot()
    const nonce = (await daemon.store.state.findNonceOfRun(run.id))?.nonce
    await fetch(`${daemon.url}/phone-home/${nonce}`, { method: 'POST' })
    await runIn(run.id, 'succeeded')
    return machineId
  }

  it('reprovision: what differs is counted as drift on the timeline of the machine', async () => {
    await start()
    const machineId = await deployOnce()
    const machines = daemon.engine.machines
    expect(await machines.bootDecisionOf(machineId)).toMatchObject({ target: 'local-disk' })
    await machines.changeMachine(machineId, { onBoot: 'reprovision' }, principal)
    expect(await machines.bootDecisionOf(machineId)).toEqual({
      machineName: nameOf(1),
      target: 'sledgehammer',
      workflow: 'reprovision',
      because: 'it is built anew on every boot',
      recentBoots: 1,
    })
    expect((await daemon.engine.runs.snapshot()).runs).toHaveLength(1)
    const { agent } = await joined()
    agent.succeed(await agent.take('task'))
    const select = await agent.take('task')
    expect(select.order).toMatchObject({ action: 'select-disk', rule: { serial: 'disk-1' } })
    agent.succeed(select, { disk: agentDisk })
    const write = await agent.take('task')
    const changes = { bytesWritten: 4096, bytesEqual: image.manifest.rawBytes - 4096 }
    const receipt = receiptOf(write, machineId, image, agent.key, changes)
    agent.succeed(write, { receipt })
    await agent.take('task')
    expect((await machines.findMachine(machineId))?.drift).toMatchObject({
      reprovisions: 1,
      corrections: 1,
      lastBytesDifferent: 4096,
      totalBytesDifferent: 4096,
    })
    const drift = (await daemon.events()).find(({ action }) => action === 'drift')
    expect(drift).toMatchObject({ type: 'machine', body: { bytesDifferent: 4096 } })
  })

  it('a person rebuilds it by one word: image and disk are those of its last deployment', async () => {
    await start()
    const rebuild = { machine: nameOf(1), workflow: 'reprovision' }
    await daemon.boot()
    expect(await codeOf(daemon.engine.runs.previewRun(rebuild))).toBe('ERR_NEVER_DEPLOYED')
    await deployOnce()
    const plan = await daemon.engine.runs.previewRun(rebuild)
    expect(plan).toMatchObject({ imageName: 'debian-12', tasks: { length: 6 } })
    const run = await daemon.engine.runs.createRun({ ...rebuild, plan: plan.digest }, principal)
    expect(run).toMatchObject({
      imageDigest: image.image.digest,
      previousImageDigest: image.image.digest,
      approvedDisk: { serial: 'disk-1' },
    })
  })

  it('E11: boots that each begin a run and come to nothing are held on the sixth', async () => {
    workflow('burn', stages(task('a')))
    await start()
    await daemon.boot()
    await daemon.engine.machines.changeMachine(nameOf(1), { onBoot: 'workflow:burn' }, principal)
    for (let boot = 1; boot <= 5; boot++) {
      time.advance(30_000)
      const { agent } = await joined()
      agent.succeed(await agent.take('task'))
      await agent.take('result-ack')
      agent.socket.terminate()
      await agent.closed()
    }
    time.advance(30_000)
    const decision = await daemon.boot()
    expect(decision).toMatchObject({ target: 'hold' })
    expect(decision.because).toBe('6 boots in 10 min would each begin burn')
    time.advance(11 * 60_000)
    expect((await daemon.boot()).target).toBe('sledgehammer')
  })

  it('refuses a workflow that is not there', async () => {
    await start()
    await daemon.boot()
    const change = daemon.engine.machines.changeMachine(
      nameOf(1),
      { onBoot: 'workflow:nothing' },
      principal,
    )
    expect(await codeOf(change)).toBe('ERR_WORKFLOW_NOT_FOUND')
  })

  it('E10: an unasked boot of a deployed machine is its disk, and the event says unexpected', async () => {
    await start()
    await deployOnce()
    expect(await daemon.boot()).toMatchObject({ target: 'local-disk' })
    const boots = (await daemon.events()).filter(({ type }) => type === 'boot')
    expect(boots.at(-1)?.body).toMatchObject({ target: 'local-disk', isExpected: false })
    expect(boots.at(-2)?.body).toMatchObject({ target: 'local-disk', isExpected: true })
  })
})
