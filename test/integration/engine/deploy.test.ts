import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { RepaveEvent } from '../../../src/contract/event.ts'
import { ManualTime } from '../../fakes/manual-time.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import { type RunningEngine, startRunningEngine } from '../../fakes/running-engine.ts'
import {
  ScriptedAgent,
  ScriptedKey,
  agentDisk,
  doTasks,
  receiptOf,
  seedReceiptOf,
} from '../../fakes/scripted-agent.ts'

const images = createMemoryImageStore()
const image = images.stored
const principal = 'operator:test'
const deploy = { machine: 'm-525400000001', workflow: 'deploy-image' }
const params = {
  imageName: 'debian-12',
  hostname: 'web-1',
  sshAuthorizedKeys: ['ssh-ed25519 AAAA'],
}

let directory: string
let time: ManualTime
let daemon: RunningEngine

const start = () => startRunningEngine({ directory, images, clock: time, timers: time })

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'repave-engine-'))
  time = new ManualTime()
  daemon = await start()
})
afterEach(async () => {
  await daemon[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

async function restart(): Promise<void> {
  await daemon[Symbol.asyncDispose]()
  daemon = await start()
}

async function joined(token: string, key = new ScriptedKey()) {
  const agent = new ScriptedAgent({ url: daemon.agentUrl, token, key })
  const { machineId } = await agent.take('welcome')
  return { agent, machineId, key }
}

const keysOf = (events: readonly RepaveEvent[], type: string) =>
  events.filter((event) => event.type === type).map(({ action }) => action)

const machine = async () => {
  const [first] = await daemon.engine.machines.listMachines()
  if (first === undefined) throw new Error('no machine')
  return first
}

/** Resolves when the run has left every state in which it can go on by itself. */
async function ended(runId: string) {
  for (;;) {
    const run = await daemon.engine.runs.findRun(runId)
    if (run && !['queued', 'running'].includes(run.state)) return run
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const intervene = (id: string, verb: 'approve' | 'cancel', note?: string) =>
  daemon.engine.runs.intervene(id, { verb, principal, ...(note === undefined ? {} : { note }) })

const nonceOf = async (runId: string) => (await daemon.store.state.findNonceOfRun(runId))?.nonce

const phoneHome = (nonce: string | undefined) =>
  fetch(`${daemon.url}/phone-home/${nonce}`, {
    method: 'POST',
    body: new URLSearchParams({ instance_id: 'x', hostname: 'web-1' }),
  })

describe('an agent is refused', () => {
  it('H11: with no token of ours, with an expired one, and with a hello that its key did not sign', async () => {
    const token = await daemon.bootToken()
    const unknown = new ScriptedAgent({ url: daemon.agentUrl, token: 'a'.repeat(43) })
    expect(await unknown.take('refused')).toMatchObject({ code: 'ERR_TOKEN_UNKNOWN' })
    const forged = new ScriptedKey()
    forged.sign = () => new ScriptedKey().sign('something else')
    const liar = new ScriptedAgent({ url: daemon.agentUrl, token, key: forged })
    expect(await liar.take('refused')).toMatchObject({ code: 'ERR_SIGNATURE_INVALID' })
    time.advance(15 * 60_000 + 1)
    const late = new ScriptedAgent({ url: daemon.agentUrl, token })
    expect(await late.take('refused')).toMatchObject({ code: 'ERR_TOKEN_EXPIRED' })
    expect(await late.closed()).toBe(1008)
  })

  it('P03, H11: with a token that another key has used, also after a restart; and that is an alarm', async () => {
    const token = await daemon.bootToken()
    const { agent, key } = await joined(token)
    for (const again of [false, true]) {
      if (again) await restart()
      const thief = new ScriptedAgent({ url: daemon.agentUrl, token })
      expect(await thief.take('refused')).toMatchObject({ code: 'ERR_TOKEN_TAKEN' })
    }
    expect(agent.key).toBe(key)
    const back = await joined(token, key)
    back.agent.socket.terminate()
    await daemon.store.leases.deleteLease('10.0.0.1' as never)
    const events = await daemon.events()
    expect(keysOf(events, 'token')).toEqual(['refused', 'refused'])
    expect(keysOf(events, 'agent')).toEqual(['joined', 'refused', 'refused', 'reconnected'])
  })

  it('P03: while the agent of another boot of this machine answers', async () => {
    const tokens = [await daemon.bootToken(), await daemon.bootToken()] as const
    const { agent } = await joined(tokens[0])
    const second = new ScriptedAgent({ url: daemon.agentUrl, token: tokens[1] })
    expect(await second.take('refused')).toMatchObject({ code: 'ERR_MACHINE_OCCUPIED' })
    expect(agent.closeCode).toBeUndefined()
    agent.socket.terminate()
  })

  it('S13: a wall clock set back does not make a token live for ever, nor one set forward kill it', async () => {
    const token = await daemon.bootToken()
    time.jumpWallClock(3_600_000)
    const { agent } = await joined(token)
    agent.socket.terminate()
    const second = await daemon.bootToken()
    time.jumpWallClock(-7_200_000)
    time.advance(15 * 60_000 + 1)
    const late = new ScriptedAgent({ url: daemon.agentUrl, token: second })
    expect(await late.take('refused')).toMatchObject({ code: 'ERR_TOKEN_EXPIRED' })
  })

  it('with frames that are no frames', async () => {
    const agent = new ScriptedAgent({ url: daemon.agentUrl, token: 'x' })
    await agent.take('refused')
    const rude = new ScriptedAgent({ url: daemon.agentUrl, token: 'x' })
    rude.socket.removeAllListeners('message')
    rude.socket.once('open', () => rude.socket.send('{"frame":'))
    expect(await rude.closed()).toBe(1008)
  })
})

describe('a run fails', () => {
  it('when the receipt is not about this write', async () => {
    const { agent, machineId } = await joined(await daemon.bootToken())
    const run = await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    agent.succeed(await agent.take('task'))
    agent.succeed(await agent.take('task'), { disk: agentDisk })
    const write = await agent.take('task')
    const receipt = receiptOf(write, machineId, image, agent.key, { rawBytes: 7 })
    agent.succeed(write, { receipt })
    expect((await ended(run.id)).failure).toMatchObject({ code: 'ERR_RECEIPT_INVALID' })
    expect(await machine()).toMatchObject({ state: 'failed' })
  })

  it('when the receipt is signed by somebody else', async () => {
    const { agent, machineId } = await joined(await daemon.bootToken())
    const run = await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    agent.succeed(await agent.take('task'))
    agent.succeed(await agent.take('task'), { disk: agentDisk })
    const write = await agent.take('task')
    agent.succeed(write, { receipt: receiptOf(write, machineId, image, new ScriptedKey()) })
    expect((await ended(run.id)).failure?.message).toContain('not signed by the agent')
  })

  it.each([
    ['states another write', { bytesWritten: 7 }, 'another write of the image'],
    ['names no seed', { seed: undefined }, 'names no seed'],
    [
      'has the seed within the image',
      {
        seed: {
          label: 'CIDATA',
          offsetBytes: 0,
          sizeBytes: 1,
          digest: image.image.digest,
          files: [],
        },
      },
      'within the image',
    ],
  ])('when the receipt with the seed %s', async (_, changes, reason) => {
    const { agent, machineId } = await joined(await daemon.bootToken())
    const run = await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    agent.succeed(await agent.take('task'))
    agent.succeed(await agent.take('task'), { disk: agentDisk })
    const write = await agent.take('task')
    agent.succeed(write, { receipt: receiptOf(write, machineId, image, agent.key) })
    const seed = await agent.take('task')
    agent.succeed(seed, { receipt: seedReceiptOf(seed, agent.key, changes as never) })
    expect((await ended(run.id)).failure?.message).toContain(reason)
  })

  it('E04: when a task exceeds its time; the agent is told to stop', async () => {
    const { agent } = await joined(await daemon.bootToken())
    const run = await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    agent.succeed(await agent.take('task'))
    const select = await agent.take('task')
    time.advance(120_000)
    expect((await ended(run.id)).failure?.message).toBe('select-disk did not end within 120 s')
    expect(await agent.take('cancel')).toMatchObject({ attemptId: select.attemptId })
  })

  it('E05: when a person cancels it; the machine is free again', async () => {
    const { agent } = await joined(await daemon.bootToken())
    const run = await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    const task = await agent.take('task')
    await expect(daemon.engine.runs.createRun({ ...deploy, params }, principal)).rejects.toThrow(
      'is already at run',
    )
    const cancelled = await intervene(run.id, 'cancel')
    expect(cancelled.state).toBe('cancelled')
    expect(await intervene(run.id, 'cancel')).toEqual(cancelled)
    expect(await agent.take('cancel')).toMatchObject({ attemptId: task.attemptId })
    agent.fail(task, 'ERR_CANCELLED', false)
    await agent.take('result-ack')
    expect(await machine()).toMatchObject({ state: 'ready' })
    await daemon.engine.runs.createRun({ ...deploy, params }, principal)
  })
})

describe('a request for a run is refused', () => {
  const refusal = (request: object) =>
    daemon.engine.runs.createRun({ ...deploy, params, ...request }, principal).then(
      () => 'accepted',
      (error: unknown) => (error as { code: string }).code,
    )

  it('when it names what there is not', async () => {
    await daemon.boot()
    expect(await refusal({ machine: 'nobody' })).toBe('ERR_MACHINE_NOT_FOUND')
    expect(await refusal({ workflow: 'nothing' })).toBe('ERR_WORKFLOW_NOT_FOUND')
    expect(await refusal({ params: {} })).toBe('ERR_IMAGE_REQUIRED')
    expect(await refusal({ params: { imageName: 'plan9' } })).toBe('ERR_IMAGE_NOT_FOUND')
    const broken = { ...params, userData: '#cloud-config\n- a list' }
    expect(await refusal({ params: broken })).toBe('ERR_USER_DATA_INVALID')
    expect((await daemon.engine.runs.snapshot()).runs).toEqual([])
  })
})

describe('a deployment', () => {
  it('goes from an unknown machine to one that has called home', async () => {
    const first = await daemon.boot()
    expect(first).toMatchObject({ target: 'sledgehammer', machineName: 'm-525400000001' })
    const { agent, machineId } = await joined(await daemon.bootToken())
    expect(await machine()).toMatchObject({ id: machineId, state: 'ready' })
    expect(await agent.take('idle')).toMatchObject({ waitingFor: 'a workflow for this machine' })
    const run = await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    expect(run.state).toBe('running')
    expect(await doTasks(agent, machineId, image)).toBe('reboot')
    agent.socket.terminate()
    expect(await machine()).toMatchObject({ state: 'deploying' })
    expect(await daemon.boot()).toMatchObject({ target: 'local-disk' })
    expect((await phoneHome('a'.repeat(43))).status).toBe(404)
    expect((await phoneHome('short')).status).toBe(404)
    expect((await phoneHome(await nonceOf(run.id))).status).toBe(200)
    expect((await phoneHome(await nonceOf(run.id))).status).toBe(200)
    expect(await ended(run.id)).toMatchObject({ state: 'succeeded' })
    expect(await machine()).toMatchObject({ state: 'deployed', imageName: 'debian-12' })
    expect(await daemon.boot()).toMatchObject({
      target: 'local-disk',
      because: 'debian-12 is deployed',
    })
    const events = await daemon.events()
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1))
    expect(keysOf(events, 'run')).toEqual([
      'created',
      ...Array.from({ length: 6 }, () => ['task-started', 'task-succeeded']).flat(),
      'succeeded',
    ])
  })

  it('tells the agent all it needs and nothing secret but its own nonce', async () => {
    const { agent } = await joined(await daemon.bootToken())
    const userData = '#cloud-config\npackages: [nginx]\nphone_home: {url: "http://evil"}\n'
    const request = { ...deploy, params: { ...params, userData } }
    const run = await daemon.engine.runs.createRun(request, principal)
    agent.succeed(await agent.take('task'))
    const select = await agent.take('task')
    expect(select.order).toMatchObject({ action: 'select-disk', minimumBytes: 6 * 2 ** 20 })
    agent.succeed(select, { disk: agentDisk })
    const write = await agent.take('task')
    const hex = image.image.digest.slice(7)
    expect(write.order).toMatchObject({
      manifestPath: `/images/${hex}/manifest.json`,
      packPath: `/images/${hex}/pack`,
      disk: agentDisk,
    })
    agent.succeed(write, {
      receipt: receiptOf(write, (await machine()).id, image, agent.key),
    })
    const { order } = await agent.take('task')
    if (order.action !== 'write-seed') throw new Error(order.action)
    const { 'user-data': user = '', 'meta-data': meta = '' } = order.files
    expect(JSON.parse(meta)).toEqual({ 'instance-id': run.id, 'local-hostname': 'web-1' })
    expect(user.split('\n')[0]).toBe('#cloud-config')
    expect(JSON.parse(user.slice(user.indexOf('\n')))).toEqual({
      packages: ['nginx'],
      hostname: 'web-1',
      ssh_authorized_keys: ['ssh-ed25519 AAAA'],
      phone_home: {
        url: `http://10.77.0.1:8090/phone-home/${await nonceOf(run.id)}`,
        post: ['instance_id', 'hostname'],
        tries: 30,
      },
    })
    expect(order.files['network-config']).toContain('52:54:00:00:00:01')
    agent.socket.terminate()
  })

  it('begins by itself when a machine that was declared before boots', async () => {
    const added = await daemon.engine.machines.addMachine(
      { name: 'web-1', macAddress: '52-54-00-00-00-01', workflow: 'deploy-image', params },
      principal,
    )
    expect(added).toMatchObject({ name: 'web-1', state: 'discovering' })
    await expect(
      daemon.engine.machines.addMachine(
        { name: 'web-2', macAddress: '525400000001', params: {} },
        principal,
      ),
    ).rejects.toMatchObject({ code: 'ERR_MACHINE_EXISTS' })
    expect(await daemon.boot()).toMatchObject({ target: 'sledgehammer', machineName: 'web-1' })
    const { agent } = await joined(await daemon.bootToken())
    expect(await agent.take('task')).toMatchObject({ order: { action: 'inventory' } })
    expect(await machine()).toMatchObject({ state: 'deploying' })
    agent.socket.terminate()
  })

  it('is repeated on every boot of a machine that asks for it; when it cannot be, the disk boots', async () => {
    await daemon.engine.machines.addMachine(
      {
        name: 'web-1',
        macAddress: '52:54:00:00:00:01',
        workflow: 'deploy-image',
        params,
        onBoot: 'reprovision',
      },
      principal,
    )
    for (const round of [1, 2]) {
      time.advance(1000)
      const { agent, machineId } = await joined(await daemon.bootToken())
      await doTasks(agent, machineId, image)
      agent.socket.terminate()
      expect(await daemon.boot()).toMatchObject({ target: 'local-disk' })
      const runs = (await daemon.engine.runs.snapshot()).runs
      expect(runs).toHaveLength(round)
      await phoneHome(await nonceOf(runs.at(-1)?.id ?? ''))
      expect(await machine()).toMatchObject({ state: 'deployed' })
    }
    const find = images.findImage
    images.findImage = async () => undefined
    const decision = await daemon.boot()
    images.findImage = find
    expect(decision.target).toBe('local-disk')
    expect(decision.because).toContain('there is no image called debian-12')
  })

  it('E02: a result that is repeated, or of an attempt that is over, is acknowledged and counts once', async () => {
    const { agent } = await joined(await daemon.bootToken())
    await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    const inventory = await agent.take('task')
    for (let time_ = 0; time_ < 3; time_++) agent.succeed(inventory)
    for (let time_ = 0; time_ < 3; time_++) {
      expect(await agent.take('result-ack')).toEqual({
        frame: 'result-ack',
        attemptId: inventory.attemptId,
      })
    }
    await agent.take('task')
    const [run] = (await daemon.engine.runs.snapshot()).runs
    expect(run).toMatchObject({ taskIndex: 1 })
    expect(agent.frames.filter(({ frame }) => frame === 'task')).toEqual([])
    agent.socket.terminate()
  })

  it('E01: goes on after a daemon restart; the same agent gets the same attempt again', async () => {
    const token = await daemon.bootToken()
    const { agent, key } = await joined(token)
    const run = await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    const before = await agent.take('task')
    await restart()
    const back = await joined(token, key)
    const after = await back.agent.take('task')
    expect(after).toEqual(before)
    await doTasksFrom(back.agent, after, back.machineId)
    await restart()
    expect(await daemon.boot()).toMatchObject({ target: 'local-disk' })
    await phoneHome(await nonceOf(run.id))
    expect(await ended(run.id)).toMatchObject({ state: 'succeeded' })
  })

  it('E01: a machine that boots anew in the middle gets a new attempt', async () => {
    const { agent } = await joined(await daemon.bootToken())
    const run = await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    const before = await agent.take('task')
    agent.socket.terminate()
    const again = await joined(await daemon.bootToken())
    const after = await again.agent.take('task')
    expect(after.order).toEqual(before.order)
    expect(after.attemptId).not.toBe(before.attemptId)
    again.agent.succeed(before)
    await again.agent.take('result-ack')
    expect(await daemon.engine.runs.findRun(run.id)).toMatchObject({ taskIndex: 0 })
    again.agent.socket.terminate()
  })

  it('takes another try after the pause that the workflow asks for', async () => {
    const { agent } = await joined(await daemon.bootToken())
    await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    const first = await agent.take('task')
    agent.fail(first, 'ERR_X', true)
    await agent.take('result-ack')
    expect(await agent.take('idle')).toBeDefined()
    time.advance(2000)
    const second = await agent.take('task')
    expect(second.order).toEqual(first.order)
    expect(second.attemptId).not.toBe(first.attemptId)
    agent.socket.terminate()
  })

  it('passes on progress of the attempt under way, and lines of log as events', async () => {
    const { agent, machineId } = await joined(await daemon.bootToken())
    const run = await daemon.engine.runs.createRun({ ...deploy, params }, principal)
    const { attemptId } = await agent.take('task')
    const progress = {
      phase: 'write',
      doneBytes: 1,
      totalBytes: 2,
      fetchedBytes: 1,
      bytesPerSecond: 0,
      chunksRefetched: 0,
    } as const
    const heard = new Promise((resolve) => daemon.engine.runs.onProgress(resolve))
    agent.send({ frame: 'progress', attemptId: run.id, progress })
    agent.send({ frame: 'progress', attemptId, progress: { ...progress, doneBytes: 2 } })
    const report = { machineId, runId: run.id, progress: { ...progress, doneBytes: 2 } }
    expect(await heard).toEqual(report)
    const lines = new Promise<RepaveEvent>((resolve) => {
      daemon.store.events.onCommitted((event) => event.type === 'log' && resolve(event))
    })
    agent.send({ frame: 'log', attemptId, lines: ['begun \u001b[31mred'] })
    expect((await lines).body).toEqual({ attemptId, lines: ['begun ?[31mred'] })
    agent.socket.terminate()
  })
})

describe('a machine', () => {
  it('E11: that boots again and again is held, its run with it, until a person lets it go', async () => {
    await daemon.engine.machines.addMachine(
      { name: 'web-1', macAddress: '52:54:00:00:00:01', workflow: 'deploy-image', params },
      principal,
    )
    for (let boot = 1; boot <= 5; boot++) {
      expect((await daemon.boot()).target).toBe('sledgehammer')
    }
    expect(await daemon.boot()).toMatchObject({ target: 'hold', retrySeconds: 60 })
    expect(await machine()).toMatchObject({ state: 'held' })
    time.advance(3_600_000)
    await restart()
    expect((await daemon.boot()).target).toBe('hold')
    const [run] = (await daemon.engine.runs.snapshot()).runs
    expect(run).toMatchObject({ state: 'held', failure: { code: 'ERR_BOOT_LOOP' } })
    await intervene(run?.id ?? '', 'approve', 'cable replaced')
    expect((await daemon.boot()).target).toBe('sledgehammer')
    const note = (await daemon.events()).find(({ action }) => action === 'retrying')
    expect(note).toMatchObject({ principal, body: { note: 'cable replaced' } })
  })

  it('E11: without a run it is let go when it has rested', async () => {
    for (let boot = 1; boot <= 5; boot++) await daemon.boot()
    expect((await daemon.boot()).target).toBe('hold')
    time.advance(10 * 60_000)
    expect((await daemon.boot()).target).toBe('sledgehammer')
    expect(await machine()).toMatchObject({ state: 'discovering' })
  })

  it('E11: boots of before a daemon restart count too', async () => {
    for (let boot = 1; boot <= 5; boot++) await daemon.boot()
    await restart()
    expect((await daemon.boot()).target).toBe('hold')
  })

  it('P05: is the same by any of its addresses; P04: nobody takes over the address of another', async () => {
    const other = await daemon.engine.machines.addMachine(
      { name: 'other', macAddress: '52:54:00:00:00:99', params: {} },
      principal,
    )
    const token = await daemon.bootToken()
    const inventory = (await import('../../fakes/scripted-agent.ts')).inventoryWith([
      '52:54:00:00:00:01',
      '52:54:00:00:00:02',
      '52:54:00:00:00:99',
    ])
    const agent = new ScriptedAgent({ url: daemon.agentUrl, token, inventory })
    const { machineId } = await agent.take('welcome')
    const find = async (address: string) => (await daemon.engine.machines.findMachine(address))?.id
    expect(await find('52-54-00-00-00-02')).toBe(machineId)
    expect(await find('52:54:00:00:00:99')).toBe(other.id)
    expect(await find('other')).toBe(other.id)
    agent.socket.terminate()
  })

  it('E03: whose agent falls silent is lost, unless it was told to restart', async () => {
    const { agent } = await joined(await daemon.bootToken())
    const lost = new Promise<RepaveEvent>((resolve) => {
      daemon.store.events.onCommitted((event) => event.action === 'lost' && resolve(event))
    })
    agent.socket.terminate()
    await agent.closed()
    const seen = daemon.events()
    expect(keysOf(await seen, 'agent')).not.toContain('lost')
    const turns = setInterval(() => time.advance(15_000), 5)
    expect(await lost).toMatchObject({ type: 'agent', key: (await machine()).id })
    clearInterval(turns)
  })

  it('P06: is one of at most a thousand that are unknown', async () => {
    const macOf = (index: number) => `52:54:01:00:${Math.floor(index / 256)}:${index % 256}`
    const hex = (text: string) =>
      text.replaceAll(
        /:(\d+)/g,
        (_all, digits: string) => `:${Number(digits).toString(16).padStart(2, '0')}`,
      )
    const boots = Array.from({ length: 1001 }, (_value, index) => daemon.boot(hex(macOf(index))))
    const decisions = await Promise.all(boots)
    expect(decisions.at(-2)?.target).toBe('sledgehammer')
    expect(decisions.at(-1)).toMatchObject({ target: 'local-disk' })
    expect(await daemon.engine.machines.listMachines()).toHaveLength(1000)
  })
})

/** {@link doTasks} for an agent that has been given its first task already. */
async function doTasksFrom(
  agent: ScriptedAgent,
  first: Awaited<ReturnType<typeof agent.take<'task'>>>,
  machineId: string,
): Promise<void> {
  agent.frames.unshift(first)
  await doTasks(agent, machineId, image)
}
