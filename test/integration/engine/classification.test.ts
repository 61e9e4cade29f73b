import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualTime } from '../../fakes/manual-time.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import {
  type RunningEngine,
  type RunningEngineOptions,
  startRunningEngine,
} from '../../fakes/running-engine.ts'
import { ScriptedAgent, inventoryWith } from '../../fakes/scripted-agent.ts'

const images = createMemoryImageStore()
const principal = 'operator:test'
const macOf = (number: number) => `52:54:00:00:00:0${number}`

let directory: string
let content: string
let time: ManualTime
let daemon: RunningEngine

const start = async (options: Partial<RunningEngineOptions> = {}) => {
  daemon = await startRunningEngine({
    ...{ directory, images, clock: time, timers: time, contentDirectories: [content] },
    ...options,
  })
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'repave-rules-'))
  content = join(directory, 'content')
  mkdirSync(content)
  time = new ManualTime()
})
afterEach(async () => {
  await daemon[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

function rule(name: string, document: object): void {
  mkdirSync(join(content, 'rules', name), { recursive: true })
  writeFileSync(join(content, 'rules', name, 'rule.yaml'), JSON.stringify({ name, ...document }))
}

async function boots(number: number, serialNumber = `SN-${number}`) {
  const inventory = inventoryWith([macOf(number)], { serialNumber })
  const token = await daemon.bootToken(macOf(number))
  const agent = new ScriptedAgent({ url: daemon.agentUrl, token, inventory })
  await agent.take('welcome')
  return agent
}

const at = (number: number) => daemon.engine.machines.findMachine(macOf(number))
const classified = async () =>
  (await daemon.events()).filter(({ action }) => action === 'classified')

const web = {
  when: { 'inventory.system.serialNumber': 'Re(^SN-[12]$)', 'place.subnet': 'rack-b' },
  set: {
    name: 'web-{{ serial }}',
    labels: { pool: 'web' },
    onBoot: 'reprovision',
    workflow: 'deploy-image',
    workflowParams: { imageName: 'debian-12' },
  },
}

async function isHeardIn(number: number, subnet: string): Promise<void> {
  const { macAddress } = await daemon.engine.scripts
    .decideScript({
      macAddress: macOf(number) as never,
      platform: 'bios',
      address: '10.77.0.9' as never,
    })
    .then(() => ({ macAddress: macOf(number) as never }))
  daemon.engine.bootFiles.bootFileFor(
    { macAddress, platform: 'bios', kind: 'ipxe' },
    { isFirstOfBoot: false, place: { subnet } },
  )
}

describe('a machine that nobody has named', () => {
  it('is what the first rule that fits says, and its run begins', async () => {
    rule('web', web)
    await start()
    await isHeardIn(1, 'rack-b')
    await isHeardIn(3, 'rack-b')
    const agent = await boots(1)
    const task = await agent.take('task')
    const machine = await at(1)
    expect(machine).toMatchObject({
      name: 'web-sn-1',
      labels: { pool: 'web' },
      onBoot: 'reprovision',
      classification: { rules: [{ rule: 'web' }] },
    })
    const [run] = (await daemon.engine.runs.snapshot()).runs
    expect(run).toMatchObject({ id: task.runId, machineName: 'web-sn-1', workflow: 'deploy-image' })
    expect(await classified()).toMatchObject([
      {
        principal: 'daemon',
        machineId: machine?.id,
        body: {
          because: 'web: inventory.system.serialNumber is SN-1, place.subnet is rack-b',
          nameBefore: 'm-525400000001',
        },
      },
    ])
    await boots(3)
    expect((await at(3))?.classification).toEqual({ atMs: time.nowMs(), rules: [] })
    expect((await daemon.engine.runs.snapshot()).runs).toHaveLength(1)
  })

  it('waits for a person where the rule says so, and then does what it ordered', async () => {
    rule('web', { ...web, when: {}, approval: 'required' })
    await start()
    const agent = await boots(1)
    expect((await agent.take('idle')).waitingFor).toContain('repave machine approve web-sn-1')
    expect(await at(1)).toMatchObject({
      state: 'pending-approval',
      approval: { because: 'rule web wants it approved', order: { workflow: 'deploy-image' } },
    })
    expect((await daemon.engine.runs.snapshot()).runs).toHaveLength(0)
    await daemon.engine.machines.actOn('web-sn-1', { verb: 'approve', note: 'mine' }, principal)
    expect((await agent.take('task')).order.action).toBe('inventory')
    const [run] = (await daemon.engine.runs.snapshot()).runs
    expect(run).toMatchObject({ workflow: 'deploy-image', params: { imageName: 'debian-12' } })
  })

  it('is asked about or not as the rule says, over the setting', async () => {
    rule('own', { when: { 'inventory.system.serialNumber': 'SN-1' }, approval: 'waived' })
    await start({ newMachines: 'approve' })
    await boots(1)
    await boots(2)
    expect((await at(1))?.state).toBe('ready')
    expect((await at(2))?.state).toBe('pending-approval')
  })

  it('takes a place that maxCount has left, also when all come at once and after a restart', async () => {
    rule('web', { set: { name: 'web-{{ number }}', labels: { pool: 'web' } }, maxCount: 2 })
    await start()
    await Promise.all([1, 2, 3, 4].map((number) => boots(number)))
    const names = async () =>
      (await daemon.engine.machines.listMachines())
        .filter(({ labels }) => labels?.['pool'] === 'web')
        .map(({ name }) => name)
    expect((await names()).toSorted()).toEqual(['web-1', 'web-2'])
    await daemon[Symbol.asyncDispose]()
    await start()
    await boots(5)
    expect(await names()).toHaveLength(2)
    await daemon.engine.machines.actOn('web-1', { verb: 'retire' }, principal)
    await boots(6)
    expect((await at(6))?.name).toBe('web-3')
  })

  it('keeps what can be when something cannot: a name that is taken, an image that is gone', async () => {
    const set = { ...web.set, name: 'web', workflowParams: { imageName: 'gone' } }
    rule('web', { when: {}, set })
    await start()
    await daemon.engine.machines.addMachine({ name: 'web', macAddress: macOf(9), params: {} }, 'x')
    await boots(1)
    expect(await at(1)).toMatchObject({
      name: 'm-525400000001',
      state: 'ready',
      labels: { pool: 'web' },
      classification: {
        problems: ['the name web is taken', expect.stringContaining('deploy-image cannot run')],
      },
    })
  })

  it('is classified once: not again when it comes back, nor one that a person named', async () => {
    await start()
    const agent = await boots(1)
    agent.socket.terminate()
    await agent.closed()
    await daemon.engine.machines.addMachine({ name: 'own', macAddress: macOf(2), params: {} }, 'x')
    await daemon[Symbol.asyncDispose]()
    rule('web', { ...web, when: {} })
    await start()
    await boots(1)
    await boots(2)
    expect((await at(1))?.name).toBe('m-525400000001')
    expect((await at(2))?.name).toBe('own')
    expect(daemon.engine.rules.tryRules((await at(2))!)).toMatchObject({
      outcomes: [{ rule: 'web', outcome: 'fits' }],
      set: { labels: { pool: 'web' } },
    })
    expect(daemon.engine.rules.tryRules((await at(2))!).set.name).toBeUndefined()
    expect(daemon.engine.rules.listRules()).toMatchObject([{ name: 'web', machines: 0 }])
  })
})

describe('a machine that is classified already', () => {
  const again = (reference: string, said: { run?: boolean; note?: string } = {}) =>
    daemon.engine.machines.actOn(reference, { verb: 'classify', ...said }, principal)
  const name = 'm-525400000001'
  const restartWith = async (document: object, options: Partial<RunningEngineOptions> = {}) => {
    await daemon[Symbol.asyncDispose]()
    rule('web', document)
    await start(options)
  }

  it('is not decided about again without an inventory, in conflict, out of use, or while a run is under way', async () => {
    rule('web', { ...web, when: {} })
    await start()
    const codeOf = (change: Promise<unknown>) =>
      change.then(
        () => undefined,
        (error: { code?: string }) => error.code,
      )
    expect(await codeOf(again('none'))).toBe('ERR_MACHINE_NOT_FOUND')
    const { addMachine, actOn } = daemon.engine.machines
    await addMachine({ name: 'own', macAddress: macOf(9), params: {} }, 'x')
    expect(await codeOf(again('own'))).toBe('ERR_MACHINE_VERB_UNFIT')
    await actOn('own', { verb: 'retire' }, principal)
    expect(await codeOf(again('own'))).toBe('ERR_MACHINE_RETIRED')
    await boots(1)
    expect(await codeOf(again('web-sn-1'))).toBe('ERR_RUN_UNDER_WAY')
    const before = await at(1)
    await boots(2, 'SN-1')
    expect(await codeOf(again('m-525400000002'))).toBe('ERR_MACHINE_IN_CONFLICT')
    expect((await at(1))?.classification).toEqual(before?.classification)
  })

  it('gets what the rules of now set, under what it had; what they order begins only when asked for', async () => {
    await start()
    await boots(1)
    await daemon.engine.machines.changeMachine(
      name,
      { labels: { pool: 'old', rack: 'r1' }, onBoot: 'local' },
      principal,
    )
    await restartWith({ ...web, when: {} })
    expect(daemon.engine.rules.tryRules((await at(1))!)).toMatchObject({
      set: { name: 'web-sn-1' },
    })
    const machine = await again(name, { note: 'rules were added' })
    expect(machine).toMatchObject({
      name: 'web-sn-1',
      state: 'ready',
      labels: { pool: 'web', rack: 'r1' },
      onBoot: 'reprovision',
      classification: { rules: [{ rule: 'web' }], workflow: 'deploy-image' },
    })
    expect(machine.runId).toBeUndefined()
    expect(await classified()).toMatchObject([
      {
        principal,
        machineId: machine.id,
        body: { nameBefore: name, rules: ['web'], note: 'rules were added' },
      },
    ])
    const begun = await again('web-sn-1', { run: true })
    const [run] = (await daemon.engine.runs.snapshot()).runs
    expect(run).toMatchObject({ id: begun.runId, workflow: 'deploy-image', state: 'queued' })
    expect((await (await boots(1)).take('task')).runId).toBe(run?.id)
  })

  it('keeps its number, the name that a person gave, and its place under maxCount', async () => {
    rule('web', { set: { name: 'web-{{ number }}', labels: { pool: 'web' } }, maxCount: 2 })
    await start()
    await boots(1)
    await boots(2)
    await daemon.engine.machines.actOn('web-1', { verb: 'retire' }, principal)
    expect(await again('web-2')).toMatchObject({ name: 'web-2', labels: { pool: 'web' } })
    await daemon.engine.machines.addMachine({ name: 'own', macAddress: macOf(3), params: {} }, 'x')
    await boots(3)
    expect(await again('own')).toMatchObject({ name: 'own', labels: { pool: 'web' } })
    await boots(4)
    expect(await again('m-525400000004')).toMatchObject({ classification: { rules: [] } })
    expect((await classified()).at(-1)?.body).toMatchObject({ because: 'no rule fits it' })
  })

  it('goes on waiting for approval, for what the rules order now', async () => {
    rule('web', { when: {}, set: { workflow: 'burn-in' }, approval: 'required' })
    await start()
    await boots(1)
    expect((await at(1))?.approval?.order).toMatchObject({ workflow: 'burn-in' })
    await restartWith({ ...web, when: {}, approval: 'waived' })
    await expect(again(name, { run: true })).rejects.toThrow('nobody has said')
    expect(await again(name)).toMatchObject({
      name: 'web-sn-1',
      state: 'pending-approval',
      approval: { state: 'pending', order: { workflow: 'deploy-image' } },
    })
    const approved = await daemon.engine.machines.actOn('web-sn-1', { verb: 'approve' }, principal)
    expect(approved.runId).toBeDefined()
  })

  it('keeps its labels where those of the rules would be too many beside them', async () => {
    const many = (prefix: string) =>
      Object.fromEntries(Array.from({ length: 40 }, (_value, index) => [`${prefix}-${index}`, 'x']))
    rule('web', { set: { labels: many('rule'), profiles: [] } })
    await start()
    await daemon.engine.machines.addMachine(
      { name: 'own', macAddress: macOf(1), params: {}, labels: many('own') },
      'x',
    )
    await boots(1)
    expect(await again('own')).toMatchObject({
      labels: many('own'),
      classification: {
        problems: ['labels are left as they were: expected at most 64 labels'],
      },
    })
  })
})
