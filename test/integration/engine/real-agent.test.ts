import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { startAgent } from '../../../src/agent/start-agent.ts'
import { StatusPage } from '../../../src/agent/status-page.ts'
import type { RepaveEvent } from '../../../src/contract/event.ts'
import { nodeClock, nodeTimers } from '../../../src/daemon/process/node-clock.ts'
import { createAgentWorld } from '../../fakes/agent-world.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import { startRunningEngine } from '../../fakes/running-engine.ts'

describe('the engine and the agent that ships', () => {
  it('take inventory together, without touching a disk', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'repave-real-agent-'))
    const images = createMemoryImageStore()
    const time = { clock: nodeClock, timers: nodeTimers }
    const daemon = await startRunningEngine({ directory, images, ...time })
    const world = createAgentWorld(daemon.url, [])
    const page = new StatusPage([], nodeClock, { agentVersion: 'test', doing: 'starting' })
    const token = await daemon.bootToken()
    const agent = startAgent({ world, token, page, uptimeMs: () => 1000 })
    onTestFinished(async () => {
      agent[Symbol.dispose]()
      world[Symbol.dispose]()
      await daemon[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true })
    })
    const ended = new Promise<RepaveEvent>((resolve) => {
      daemon.store.events.onCommitted((event) => {
        if (event.type === 'run' && ['succeeded', 'failed'].includes(event.action)) resolve(event)
      })
    })
    const request = { machine: '52:54:00:00:00:01', workflow: 'discover' }
    await daemon.engine.runs.createRun(request, 'operator:test')
    expect(await ended).toMatchObject({ action: 'succeeded' })
    const machine = await daemon.engine.machines.findMachine('52:54:00:00:00:01')
    expect(machine?.state).toBe('ready')
    expect(machine?.inventory?.kernelRelease).toBeTruthy()
  })
})
