import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import type { RepaveEvent } from '../../../src/contract/event.ts'
import type { AgentSocketTimings } from '../../../src/daemon/api/agents/agent-connection.ts'
import { ManualTime } from '../../fakes/manual-time.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import { startRunningEngine } from '../../fakes/running-engine.ts'
import { ScriptedAgent } from '../../fakes/scripted-agent.ts'

async function startDaemon(timings: Partial<AgentSocketTimings> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'repave-agent-socket-'))
  const time = new ManualTime()
  const images = createMemoryImageStore()
  const daemon = await startRunningEngine({ directory, images, clock: time, timers: time, timings })
  onTestFinished(async () => {
    await daemon[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })
  return { daemon, time }
}

describe('registerAgentSocket', () => {
  it('closes on an agent that never says hello', async () => {
    const { daemon } = await startDaemon({ helloMs: 50 })
    const agent = new ScriptedAgent({ url: daemon.agentUrl, token: 'x' })
    agent.socket.removeAllListeners('message')
    expect(await agent.closed()).toBe(1008)
  })

  it('cuts off an agent that no longer answers, and later counts it as lost', async () => {
    const { daemon, time } = await startDaemon({ pingMs: 200, silenceMs: 800 })
    const token = await daemon.bootToken()
    const agent = new ScriptedAgent({ url: daemon.agentUrl, token })
    await agent.take('welcome')
    const lost = new Promise<RepaveEvent>((resolve) => {
      daemon.store.events.onCommitted((event) => event.action === 'lost' && resolve(event))
    })
    agent.socket.pause()
    const turns = setInterval(() => time.advance(15_000), 20)
    expect(await lost).toMatchObject({ type: 'agent' })
    clearInterval(turns)
    agent.socket.terminate()
  })

  it('a machine whose agent no longer answers may boot anew', async () => {
    const { daemon } = await startDaemon()
    const dead = new ScriptedAgent({ url: daemon.agentUrl, token: await daemon.bootToken() })
    await dead.take('welcome')
    dead.socket.pause()
    const fresh = new ScriptedAgent({ url: daemon.agentUrl, token: await daemon.bootToken() })
    expect(await fresh.take('welcome')).toBeDefined()
    dead.socket.terminate()
    fresh.socket.terminate()
  })

  it('accepts one hello a connection, and nothing before it', async () => {
    const { daemon } = await startDaemon()
    const twice = new ScriptedAgent({ url: daemon.agentUrl, token: await daemon.bootToken() })
    await twice.take('welcome')
    twice.send({
      frame: 'hello',
      protocol: 1,
      token: 'x',
      publicKey: twice.key.publicKey,
      signature: twice.key.sign('x'),
      agentVersion: '1',
      inventory: (await daemon.engine.machines.listMachines())[0]?.inventory ?? ({} as never),
      uptimeMs: 1,
    })
    expect(await twice.take('refused')).toMatchObject({ code: 'ERR_HELLO_REPEATED' })
    const early = new ScriptedAgent({ url: daemon.agentUrl, token: 'x' })
    early.socket.removeAllListeners('message')
    early.socket.once('open', () => early.send({ frame: 'log', lines: ['x'] }))
    expect(await early.closed()).toBe(1008)
  })

  it('drops a frame that does not fit, logs it, and keeps a joined agent', async () => {
    const { daemon } = await startDaemon()
    const agent = new ScriptedAgent({ url: daemon.agentUrl, token: await daemon.bootToken() })
    await agent.take('welcome')
    agent.socket.send('{"frame":"result"}')
    agent.socket.send('[]')
    agent.socket.send(Buffer.from([1, 2, 3]))
    agent.send({
      frame: 'result',
      attemptId: '00000000-0000-4000-8000-000000000001',
      outcome: 'succeeded',
      facts: {},
    })
    await agent.take('result-ack')
    const warnings = daemon.logger.lines.filter(({ level }) => level === 'warn')
    expect(warnings).toHaveLength(3)
    agent.socket.terminate()
  })

  it('closes on a frame that is too large', async () => {
    const { daemon } = await startDaemon()
    const agent = new ScriptedAgent({ url: daemon.agentUrl, token: await daemon.bootToken() })
    await agent.take('welcome')
    agent.socket.send('x'.repeat(262_145))
    expect(await agent.closed()).toBe(1009)
  })

  it('H13: looks at no more hellos of an address that was refused twenty times; waits out ten seconds', async () => {
    const { daemon, time } = await startDaemon()
    const codeOf = async (token: string) => {
      const agent = new ScriptedAgent({ url: daemon.agentUrl, token })
      const { code } = await agent.take('refused')
      return code
    }
    for (let count = 0; count < 20; count++) expect(await codeOf('x')).toBe('ERR_TOKEN_UNKNOWN')
    expect(await codeOf('x')).toBe('ERR_TOO_MANY_TRIES')
    time.advance(10_000)
    expect(await codeOf('x')).toBe('ERR_TOKEN_UNKNOWN')
  })

  it('P03: a connection that takes the place of a half-open one of the same boot ends that one', async () => {
    const { daemon } = await startDaemon()
    const token = await daemon.bootToken()
    const first = new ScriptedAgent({ url: daemon.agentUrl, token })
    await first.take('welcome')
    const { key } = first
    const second = new ScriptedAgent({ url: daemon.agentUrl, token, key })
    await second.take('welcome')
    expect(await first.closed()).toBe(1000)
    expect(second.closeCode).toBeUndefined()
    second.socket.terminate()
  })

  it('says goodbye to agents when it stops', async () => {
    const { daemon } = await startDaemon()
    const agent = new ScriptedAgent({ url: daemon.agentUrl, token: await daemon.bootToken() })
    await agent.take('welcome')
    await daemon[Symbol.asyncDispose]()
    expect([1000, 1001]).toContain(await agent.closed())
  })
})
