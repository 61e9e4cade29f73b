import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { CodedError } from '../../../src/base/coded-error.ts'
import { parseMacAddress } from '../../../src/base/mac-address.ts'
import type { MachineAction } from '../../../src/contract/machine-actions.ts'
import type { Inventory, Machine } from '../../../src/contract/machine.ts'
import { ManualTime } from '../../fakes/manual-time.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import {
  type RunningEngine,
  type RunningEngineOptions,
  startRunningEngine,
} from '../../fakes/running-engine.ts'
import {
  ScriptedAgent,
  ScriptedKey,
  agentDisk,
  doTasks,
  inventoryWith,
} from '../../fakes/scripted-agent.ts'

const images = createMemoryImageStore()
const principal = 'operator:test'
const uuid = '4c4c4544-0042-3510-8054-b4c04f564232'
const macOf = (number: number) => `52:54:00:00:00:0${number}`

let directory: string
let time: ManualTime
let daemon: RunningEngine

const start = async (options: Partial<RunningEngineOptions> = {}) => {
  daemon = await startRunningEngine({ directory, images, clock: time, timers: time, ...options })
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'repave-identity-'))
  time = new ManualTime()
  await start()
})
afterEach(async () => {
  await daemon[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

async function restart(options: Partial<RunningEngineOptions> = {}): Promise<void> {
  await daemon[Symbol.asyncDispose]()
  await start(options)
}

/** A box with those cards boots by the first of them. */
async function boots(numbers: readonly number[], system: Partial<Inventory['system']>) {
  const found = inventoryWith(numbers.map(macOf), system)
  // No two of them have the same disk: that would keep both from being written.
  const inventory = { ...found, disks: numbers[0] === 1 ? found.disks : [] }
  const token = await daemon.bootToken(macOf(numbers[0] ?? 0))
  const agent = new ScriptedAgent({ url: daemon.agentUrl, token, inventory })
  const answer = await agent.take('welcome', 'refused')
  return { agent, answer, token, inventory }
}

async function leaves(agent: ScriptedAgent): Promise<void> {
  agent.socket.terminate()
  await agent.closed()
}

const at = (number: number) => daemon.engine.machines.findMachine(macOf(number))
const act = (reference: string, action: MachineAction) =>
  daemon.engine.machines.actOn(reference, action, principal)
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof CodedError ? error.code : String(error)),
  )
const eventsCalled = async (action: string) =>
  (await daemon.events()).filter((event) => event.type === 'machine' && event.action === action)
const order = (machine: string) =>
  daemon.engine.runs.createRun(
    { machine, workflow: 'deploy-image', params: { imageName: 'debian-12' } },
    principal,
  )

describe('two machines with one UUID', () => {
  const twin = { serialNumber: 'SN-2', uuid }

  it('P01: both are seen, neither is given anything new, and the first keeps running', async () => {
    const first = await boots([1], { serialNumber: 'SN-1', uuid })
    const run = await order('m-525400000001')
    first.agent.succeed(await first.agent.take('task'), { inventory: first.inventory })
    first.agent.succeed(await first.agent.take('task'), { disk: agentDisk })
    const task = await first.agent.take('task')
    expect(task.order.action).toBe('write-image')
    const second = await boots([2], twin)
    expect(second.answer.frame).toBe('welcome')
    expect(await second.agent.take('idle')).toMatchObject({
      waitingFor: expect.stringContaining('looks like m-525400000001'),
    })
    expect((await at(2))?.state).toBe('conflict')
    expect((await at(1))?.state).toBe('deploying')
    expect(await codeOf(order('m-525400000002'))).toBe('ERR_MACHINE_IN_CONFLICT')
    expect((await daemon.boot(macOf(2))).target).toBe('hold')
    await leaves(second.agent)
    expect(await daemon.boot(macOf(2))).toMatchObject({ target: 'local-disk' })
    first.agent.frames.unshift(task)
    const machineId = (await at(1))?.id ?? ''
    await doTasks(first.agent, machineId, images.stored)
    await leaves(first.agent)
    await daemon.boot(macOf(1))
    const nonce = (await daemon.store.state.findNonceOfRun(run.id))?.nonce
    await fetch(`${daemon.url}/phone-home/${nonce}`, { method: 'POST' })
    expect((await at(1))?.state).toBe('deployed')
    expect(await codeOf(order('m-525400000001'))).toBe('ERR_MACHINE_IN_CONFLICT')
    await daemon.engine.machines.changeMachine(machineId, { onBoot: 'reprovision' }, principal)
    expect(await daemon.boot(macOf(1))).toMatchObject({ target: 'local-disk' })
    expect(await eventsCalled('conflict')).toMatchObject([{ body: { kind: 'resembles' } }])
    expect(await eventsCalled('contested')).toMatchObject([{ machineId }])
    await restart()
    expect((await at(2))?.conflict?.others).toMatchObject([{ machineName: 'm-525400000001' }])
    expect(await codeOf(order('m-525400000001'))).toBe('ERR_MACHINE_IN_CONFLICT')
  })

  it('P01: told apart by a person they are two, and a third is two no more', async () => {
    await leaves((await boots([1], { serialNumber: 'SN-1', uuid })).agent)
    const { agent } = await boots([2], twin)
    expect(await act('m-525400000002', { verb: 'split', note: 'bad boards' })).toMatchObject({
      state: 'ready',
    })
    await order('m-525400000002')
    expect((await agent.take('task')).order.action).toBe('inventory')
    expect(await codeOf(order('m-525400000001'))).toBe('none')
    expect(await eventsCalled('split')).toMatchObject([{ principal, body: { note: 'bad boards' } }])
    expect((await boots([3], { serialNumber: 'SN-3', uuid })).answer.frame).toBe('welcome')
    expect((await at(3))?.state).toBe('ready')
    expect(await codeOf(act('m-525400000003', { verb: 'split' }))).toBe('ERR_MACHINE_VERB_UNFIT')
  })

  it('P01: an order that was given before the machine was seen waits for a person', async () => {
    await leaves((await boots([1], { serialNumber: 'SN-1', uuid })).agent)
    const added = { name: 'node-2', macAddress: macOf(2), workflow: 'deploy-image' }
    await daemon.engine.machines.addMachine({ ...added, params: { imageName: 'debian-12' } }, 'x')
    const { agent } = await boots([2], twin)
    await agent.take('idle')
    const [run] = (await daemon.engine.runs.snapshot()).runs
    expect(run).toMatchObject({ state: 'held', failure: { code: 'ERR_MACHINE_IN_CONFLICT' } })
    const release = () =>
      daemon.engine.runs.intervene(run?.id ?? '', { verb: 'release', principal })
    expect(await codeOf(release())).toBe('ERR_MACHINE_IN_CONFLICT')
    await act('node-2', { verb: 'split' })
    await release()
    expect((await agent.take('task')).order.action).toBe('inventory')
  })

  it('P02: is merged by a person, never by itself, when its card was replaced', async () => {
    const board = { serialNumber: 'SN-1', uuid }
    await leaves((await boots([1], board)).agent)
    const { agent } = await boots([2], board)
    const newcomer = 'm-525400000002'
    expect((await at(2))?.state).toBe('conflict')
    expect(await codeOf(act(newcomer, { verb: 'merge' }))).toBe('ERR_MACHINE_VERB_UNFIT')
    expect(await codeOf(act(newcomer, { verb: 'merge', into: newcomer }))).toBe(
      'ERR_MACHINE_VERB_UNFIT',
    )
    const merged = await act(newcomer, { verb: 'merge', into: 'm-525400000001' })
    expect(merged).toMatchObject({ name: 'm-525400000001', macAddresses: [macOf(1), macOf(2)] })
    await agent.closed()
    expect((await at(2))?.name).toBe('m-525400000001')
    expect(await daemon.engine.machines.findMachine(newcomer)).toBeUndefined()
    expect(await eventsCalled('removed')).toHaveLength(1)
    await restart()
    expect(await daemon.engine.machines.listMachines()).toHaveLength(1)
    expect((await boots([2], board)).answer.frame).toBe('welcome')
  })

  it('P01: two that both have an agent now are not merged', async () => {
    await boots([1], { serialNumber: 'SN-1', uuid })
    await boots([2], { uuid })
    const merge = act('m-525400000002', { verb: 'merge', into: 'm-525400000001' })
    await expect(merge).rejects.toThrow('two machines')
  })
})

describe('a machine that comes by the address of another', () => {
  const owner = { serialNumber: 'SN-1', uuid }
  const stranger = { serialNumber: 'SN-9' }

  it('P03: gets no token while the agent of that one answers; that is an alarm', async () => {
    const { agent } = await boots([1], owner)
    daemon.engine.bootFiles.bootFileFor(
      { macAddress: (await at(1))!.macAddresses[0]!, platform: 'bios', kind: 'ipxe' },
      { isFirstOfBoot: false, place: { subnet: 'rack-b', remoteId: 'sw-7', circuitId: '12' } },
    )
    expect(await daemon.boot(macOf(1))).toMatchObject({
      target: 'hold',
      because: expect.stringContaining('the agent of m-525400000001 answers'),
    })
    await expect
      .poll(() => eventsCalled('impostor'))
      .toMatchObject([{ machineId: (await at(1))?.id, body: { seenAt: 'rack-b, sw-7 12' } }])
    expect(agent.closeCode).toBeUndefined()
    await leaves(agent)
  })

  it('P03, P04: is refused when it does not look like it, and its order is held', async () => {
    await leaves((await boots([1], owner)).agent)
    const run = await order('m-525400000001')
    const { answer, token } = await boots([1], stranger)
    expect(answer).toMatchObject({ frame: 'refused', code: 'ERR_MACHINE_IN_CONFLICT' })
    const machine = await at(1)
    expect(machine).toMatchObject({
      state: 'conflict',
      inventory: { system: owner },
      conflict: { kind: 'contradicts', claim: { serialNumber: 'SN-9' } },
    })
    expect(await daemon.engine.runs.findRun(run.id)).toMatchObject({ state: 'held' })
    expect(await daemon.boot(macOf(1))).toMatchObject({ target: 'local-disk' })
    const again = new ScriptedAgent({ url: daemon.agentUrl, token })
    expect((await again.take('refused')).code).toBe('ERR_MACHINE_IN_CONFLICT')
  })

  it('P04: is that machine with a new board, when a person says so', async () => {
    await leaves((await boots([1], owner)).agent)
    const { token, inventory } = await boots([1], stranger)
    expect((await act('m-525400000001', { verb: 'merge' })).state).toBe('ready')
    const agent = new ScriptedAgent({ url: daemon.agentUrl, token, inventory })
    expect((await agent.take('welcome')).machineName).toBe('m-525400000001')
    expect((await at(1))?.inventory?.system).toMatchObject(stranger)
  })

  it('P04: takes the card along to a record of its own, when a person says so', async () => {
    await leaves((await boots([1, 2], owner)).agent)
    const { token } = await boots([1, 3], stranger)
    await act('m-525400000001', { verb: 'split' })
    expect((await at(2))?.name).toBe('m-525400000001')
    const other = await at(1)
    expect(other).toMatchObject({ macAddresses: [macOf(1), macOf(3)], state: 'discovering' })
    const late = new ScriptedAgent({ url: daemon.agentUrl, token })
    expect((await late.take('refused')).code).toBe('ERR_TOKEN_SUPERSEDED')
    await restart()
    expect((await at(1))?.id).toBe(other?.id)
    const { answer } = await boots([1, 3], stranger)
    expect(answer).toMatchObject({ frame: 'welcome', machineId: other?.id })
  })

  it('P04: leaves no machine without a card, unless it is out of use', async () => {
    await leaves((await boots([1], owner)).agent)
    await boots([1], stranger)
    const split = () => act('m-525400000001', { verb: 'split' })
    expect(await codeOf(split())).toBe('ERR_MACHINE_VERB_UNFIT')
    await act('m-525400000001', { verb: 'retire' })
    expect(await split()).toMatchObject({ state: 'retired' })
    expect(await at(1)).toMatchObject({ state: 'discovering', foundBy: 'network' })
    expect(await codeOf(act('m-525400000001', { verb: 'reinstate' }))).toBe('ERR_MACHINE_EXISTS')
  })
})

describe('one machine', () => {
  it('P02: is the same after an update of its firmware, and the change is on its timeline', async () => {
    await leaves((await boots([1, 2], { serialNumber: 'SN-1', uuid })).agent)
    const other = '11111111-0042-3510-8054-b4c04f564232'
    const { answer } = await boots([2], { serialNumber: 'SN-1', uuid: other })
    expect(answer).toMatchObject({ frame: 'welcome', machineName: 'm-525400000001' })
    expect(await eventsCalled('identity-changed')).toMatchObject([
      { body: { because: `UUID ${uuid} is now ${other}` } },
    ])
  })

  it('P05: boots from a card that nobody knew, and is itself', async () => {
    const board = { serialNumber: 'SN-1', uuid }
    await leaves((await boots([1, 2], board)).agent)
    const { answer } = await boots([3, 1, 2], board)
    expect(answer).toMatchObject({ frame: 'welcome', machineName: 'm-525400000001' })
    expect((await at(3))?.name).toBe('m-525400000001')
    expect(await daemon.engine.machines.listMachines()).toHaveLength(1)
    await order('m-525400000001')
  })

  it('P05, P03: but not while its own agent answers', async () => {
    const board = { serialNumber: 'SN-1', uuid }
    await boots([1, 2], board)
    const { answer } = await boots([3, 1, 2], board)
    expect(answer).toMatchObject({ frame: 'refused', code: 'ERR_MACHINE_OCCUPIED' })
  })
})

describe('an unknown machine', () => {
  it('P06: is discovered and nothing else, until a person approves it, where that is the rule', async () => {
    await restart({ newMachines: 'approve' })
    const { agent } = await boots([1], { serialNumber: 'SN-1' })
    expect((await at(1))?.state).toBe('pending-approval')
    expect((await agent.take('idle')).waitingFor).toContain('repave machine approve')
    expect(await codeOf(order('m-525400000001'))).toBe('ERR_MACHINE_NOT_APPROVED')
    await leaves(agent)
    await restart({ newMachines: 'approve' })
    expect((await daemon.boot(macOf(1))).target).toBe('sledgehammer')
    await daemon.engine.machines.changeMachine(
      'm-525400000001',
      { onBoot: 'workflow:wipe' },
      principal,
    )
    expect(await daemon.boot(macOf(1))).toMatchObject({
      target: 'sledgehammer',
      because: expect.stringContaining('waits for a person'),
    })
    await act('m-525400000001', { verb: 'approve', note: 'in rack 7' })
    expect((await at(1))?.approval).toMatchObject({
      state: 'approved',
      approved: { by: principal, atMs: time.nowMs(), note: 'in rack 7' },
    })
    expect(await codeOf(act('m-525400000001', { verb: 'approve' }))).toBe('ERR_MACHINE_VERB_UNFIT')
    expect(await codeOf(order('m-525400000001'))).toBe('none')
  })

  it('P06: one that a person named is not asked about', async () => {
    await restart({ newMachines: 'approve' })
    await daemon.engine.machines.addMachine(
      { name: 'node-1', macAddress: macOf(1), params: {} },
      'x',
    )
    await boots([1], { serialNumber: 'SN-1' })
    expect((await at(1))?.state).toBe('ready')
  })

  it('P06: of a thousand the one that was seen longest ago makes room, if it is not booting still', async () => {
    const mac = (index: number) => parseMacAddress(`52540100${index.toString(16).padStart(4, '0')}`)
    await daemon.engine.machines.addMachine({ name: 'kept', macAddress: macOf(1), params: {} }, 'x')
    const machines = Array.from({ length: 1000 }, (_value, index): Machine => ({
      ...{ id: randomUUID(), name: `m-${index}`, state: 'discovering', foundBy: 'network' },
      ...{ macAddresses: [mac(index)], onBoot: 'local', revision: 0 },
      ...{ createdAtMs: time.nowMs(), lastSeenAtMs: time.nowMs() + (index === 0 ? 0 : 1000) },
    }))
    await daemon.store.state.commit({ machines, events: [] })
    await restart()
    time.advance(1000)
    expect(await daemon.boot(mac(1000))).toMatchObject({ target: 'local-disk' })
    time.advance(15 * 60_000)
    expect(await daemon.boot(mac(1000))).toMatchObject({ target: 'sledgehammer' })
    expect(await daemon.engine.machines.findMachine(mac(0))).toBeUndefined()
    expect(await at(1)).toMatchObject({ name: 'kept' })
    expect(await daemon.engine.machines.listMachines()).toHaveLength(1001)
    expect(await eventsCalled('removed')).toHaveLength(1)
  })
})

describe('a machine that is out of use', () => {
  it('boots its disk, is given nothing, and can be brought back with its past', async () => {
    const { agent } = await boots([1], { serialNumber: 'SN-1' })
    const run = await order('m-525400000001')
    expect(await codeOf(act('m-525400000001', { verb: 'retire' }))).toBe('ERR_RUN_UNDER_WAY')
    await daemon.engine.runs.intervene(run.id, { verb: 'cancel', principal })
    const token = await daemon.bootToken(macOf(2))
    await act('m-525400000001', { verb: 'retire', note: 'sold' })
    await agent.closed()
    expect(await daemon.boot(macOf(1))).toMatchObject({ target: 'local-disk' })
    expect(await codeOf(order('m-525400000001'))).toBe('ERR_MACHINE_RETIRED')
    await act('m-525400000002', { verb: 'retire' })
    const late = new ScriptedAgent({ url: daemon.agentUrl, token, key: new ScriptedKey() })
    expect((await late.take('refused')).code).toBe('ERR_MACHINE_RETIRED')
    await act('m-525400000001', { verb: 'notes', text: 'came back' })
    const back = await act('m-525400000001', { verb: 'reinstate' })
    expect(back).toMatchObject({ state: 'ready', notes: [{ by: principal, text: 'came back' }] })
    expect(back.retirement).toBeUndefined()
    expect(await daemon.engine.machines.historyOf('m-525400000001')).toMatchObject([
      { runId: run.id, state: 'cancelled', workflow: 'deploy-image' },
    ])
    expect((await daemon.boot(macOf(1))).target).toBe('sledgehammer')
  })
})
