import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Disk } from '../../../src/contract/machine.ts'
import type { Run } from '../../../src/contract/run.ts'
import { planLines } from '../../../src/presentation/plan-lines.ts'
import { runLines } from '../../../src/presentation/run-lines.ts'
import { ManualTime } from '../../fakes/manual-time.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import { type RunningEngine, startRunningEngine } from '../../fakes/running-engine.ts'
import { sampleDisk } from '../../fakes/sample-disk.ts'
import { inventoryWith, ScriptedAgent } from '../../fakes/scripted-agent.ts'

const principal = 'operator:ann'
const machineName = 'm-525400000001'
const disks: Disk[] = ['A', 'B', 'KEPT'].map((serial, index) =>
  sampleDisk({ name: `sd${index}`, path: `/dev/sd${index}`, serial, transport: 'sata' }),
)
const [first, second, kept] = disks

let directory: string
let daemon: RunningEngine

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'repave-wipe-'))
  const time = new ManualTime()
  const images = createMemoryImageStore()
  daemon = await startRunningEngine({ directory, images, clock: time, timers: time })
})
afterEach(async () => {
  await daemon[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

async function joined(): Promise<ScriptedAgent> {
  const token = await daemon.bootToken()
  const inventory = { ...inventoryWith(['52:54:00:00:00:01']), disks }
  const agent = new ScriptedAgent({ url: daemon.agentUrl, token, inventory })
  await agent.take('welcome')
  return agent
}

async function runIn(id: string, state: Run['state']): Promise<Run> {
  for (;;) {
    const run = await daemon.engine.runs.findRun(id)
    if (run?.state === state) return run
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const request = (workflow: string) => ({ machine: machineName, workflow })

describe('a machine that is wiped', () => {
  beforeEach(async () => {
    const agent = await joined()
    agent.socket.terminate()
    const { changeMachine } = daemon.engine.machines
    await changeMachine(machineName, { protect: ['KEPT', 'B'] }, principal)
    const { protectedDisks } = await changeMachine(machineName, { unprotect: ['B'] }, principal)
    expect(protectedDisks).toEqual(['KEPT'])
  })

  it('the plan names each disk by its serial, and each that stays with the reason', async () => {
    const plan = await daemon.engine.runs.previewRun(request('wipe'))
    const lines = planLines(plan).join('\n')
    expect(lines).toMatch(/wiped +\/dev\/sd0 {2}4.0 GiB {2}serial A/)
    expect(lines).toMatch(/wiped +\/dev\/sd1 {2}4.0 GiB {2}serial B/)
    expect(lines).toMatch(/untouched +\/dev\/sd2 .*serial KEPT {2}protected on this machine/)
  })

  it('the run is held to the disks of the plan, waits for approval, and proves each', async () => {
    const plan = await daemon.engine.runs.previewRun(request('decommission'))
    const ordered = { ...request('decommission'), plan: plan.digest }
    const { id, approvedDisks } = await daemon.engine.runs.createRun(ordered, principal)
    expect(approvedDisks?.map(({ serial }) => serial)).toEqual(['A', 'B'])
    const agent = await joined()
    agent.succeed(await agent.take('task'))
    const select = await agent.take('task')
    expect(select.order).toMatchObject({
      ...{ action: 'select-disks', takesAll: true, protectedDisks: ['KEPT'] },
      approved: [{ serial: 'A' }, { serial: 'B' }],
    })
    if (first === undefined || second === undefined || kept === undefined) throw new Error('disks')
    const disksLeft = [{ disk: kept, reason: 'protected on this machine (KEPT)' }]
    agent.succeed(select, { disks: [first, second], disksLeft })
    const waiting = runLines(await runIn(id, 'waiting-approval'), 0).join('\n')
    expect(waiting).toMatch(/serial A {2}\(to be wiped\)/)
    expect(waiting).toMatch(/left +\/dev\/sd2 .*serial KEPT/)
    await daemon.engine.runs.intervene(id, { verb: 'approve', principal, note: 'bay 7' })
    const wipe = await agent.take('task')
    expect(wipe.order).toEqual({ action: 'wipe-disk', method: 'best', disks: [first, second] })
    const bytes = { bytesWritten: first.sizeBytes, bytesReadBack: first.sizeBytes }
    const wiped = [first, second].map(({ path, serial, sizeBytes }) => ({
      ...{ path, serial, sizeBytes, ...bytes },
      way: 'zero' as const,
    }))
    agent.succeed(wipe, { wipe: { method: 'best', durationMs: 9, ...bytes, disks: wiped } })
    const last = await agent.take('task')
    expect(last.order.action).toBe('poweroff')
    agent.succeed(last)
    const shown = runLines(await runIn(id, 'succeeded'), 0).join('\n')
    expect(shown).toMatch(/serial B {2}zero: all 4294967296 bytes read back as zero/)
    expect(await daemon.engine.machines.findMachine(machineName)).toMatchObject({ state: 'ready' })
  })

  it('a success without its report is a failure', async () => {
    const { id } = await daemon.engine.runs.createRun(request('wipe'), principal)
    const agent = await joined()
    agent.succeed(await agent.take('task'))
    agent.succeed(await agent.take('task'))
    expect((await runIn(id, 'failed')).failure).toMatchObject({
      code: 'ERR_RESULT_INCOMPLETE',
      message: 'the agent reported success without the disks',
    })
  })
})
