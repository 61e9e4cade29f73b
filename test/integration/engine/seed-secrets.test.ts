import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualTime } from '../../fakes/manual-time.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import { type RunningEngine, startRunningEngine } from '../../fakes/running-engine.ts'
import { ScriptedAgent, agentDisk, receiptOf, seedReceiptOf } from '../../fakes/scripted-agent.ts'

const canary = 'Canary-7f3a9c-sings'
const secretName = 'windows-administrator-password'
const images = createMemoryImageStore()
const principal = 'operator:test'
const request = {
  machine: 'm-525400000001',
  workflow: 'deploy-image',
  params: { imageName: 'debian-12', seed: 'windows', hostname: 'win-1' },
}

let directory: string
let daemon: RunningEngine

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'repave-secret-'))
  mkdirSync(join(directory, 'secrets'))
  writeFileSync(join(directory, 'secrets', secretName), `${canary}\n`, { mode: 0o600 })
  const time = new ManualTime()
  daemon = await startRunningEngine({ directory, images, clock: time, timers: time })
})
afterEach(async () => {
  await daemon[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

const joined = async () => {
  const agent = new ScriptedAgent({ url: daemon.agentUrl, token: await daemon.bootToken() })
  const { machineId } = await agent.take('welcome')
  return { agent, machineId }
}

describe('a seed with secrets', () => {
  it.each([
    ['seed', { seed: 'windwos' }, 'ERR_SEED_NOT_FOUND'],
    ['parameter', { seedParams: { locals: 'de-DE' } }, 'ERR_SEED_PARAMS'],
    ['seed to that parameter', { seed: undefined, seedParams: { a: '1' } }, 'ERR_SEED_PARAMS'],
  ])('is refused before anything is written: no such %s', async (_, params, code) => {
    await joined()
    const wrong = { ...request, params: { ...request.params, ...params } }
    await expect(daemon.engine.runs.createRun(wrong, principal)).rejects.toMatchObject({ code })
  })

  it('names the seed that was meant, and all there are', async () => {
    await joined()
    const wrong = { ...request, params: { ...request.params, seed: 'windwos' } }
    await expect(daemon.engine.runs.createRun(wrong, principal)).rejects.toMatchObject({
      message: 'there is no seed called windwos, did you mean windows?',
      remedy: 'known are: linux-admin, windows',
    })
  })

  it('is refused before anything is written when the secret is exposed or missing', async () => {
    await joined()
    const create = () => daemon.engine.runs.createRun(request, principal)
    chmodSync(join(directory, 'secrets', secretName), 0o644)
    await expect(create()).rejects.toMatchObject({
      code: 'ERR_SEED_SECRET_MISSING',
      message: expect.stringContaining('can be read by others') as string,
    })
    rmSync(join(directory, 'secrets', secretName))
    await expect(create()).rejects.toMatchObject({
      code: 'ERR_SEED_SECRET_MISSING',
      message: `there is no secret called ${secretName}`,
    })
  })

  it('tells the secret to the agent alone: it is in no event, log, answer or database', async () => {
    const { agent, machineId } = await joined()
    const { id } = await daemon.engine.runs.createRun(request, principal)
    agent.succeed(await agent.take('task'))
    agent.succeed(await agent.take('task'), { disk: agentDisk })
    const write = await agent.take('task')
    agent.succeed(write, { receipt: receiptOf(write, machineId, images.stored, agent.key) })
    const seed = await agent.take('task')
    expect(seed.order).toMatchObject({
      label: 'CONFIG-2',
      files: { 'unattend.xml': expect.stringContaining(canary) as string },
    })
    agent.succeed(seed, { receipt: seedReceiptOf(seed, agent.key) })
    expect(await agent.take('task')).toMatchObject({ order: { action: 'reboot' } })

    const run = await daemon.engine.runs.findRun(id)
    expect(JSON.parse(run?.receipt?.receipt ?? '')).toMatchObject({ seed: { label: 'CONFIG-2' } })
    const told = [
      await daemon.events(),
      (await daemon.engine.runs.snapshot()).runs,
      await daemon.engine.machines.listMachines(),
      daemon.logger.lines,
    ]
    expect(JSON.stringify(told)).not.toContain(canary)
    const files = readdirSync(directory).filter((name) => name.startsWith('repave.db'))
    expect(files).not.toEqual([])
    for (const name of files)
      expect(readFileSync(join(directory, name)).includes(canary)).toBe(false)
    agent.socket.terminate()
  })
})
