import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { describe, expect, it, onTestFinished } from 'vitest'

import type { DaemonToAgent, TaskResult } from '../../../src/contract/agent-frames.ts'
import type { Run } from '../../../src/contract/run.ts'
import { openStore } from '../../../src/daemon/store/sqlite/open-store.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import {
  ScriptedAgent,
  ScriptedKey,
  agentDisk,
  receiptOf,
  seedReceiptOf,
} from '../../fakes/scripted-agent.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const image = createMemoryImageStore().stored
/** Each of some twenty starts of Node may take seconds where other tests run beside this one. */
const restartsTimeoutMs = 300_000
const program = join(import.meta.dirname, '../../fakes/engine-process.ts')

interface Daemon {
  readonly process: ChildProcess
  readonly token: string
  readonly nonce: string
  readonly run: Run
}

async function startDaemon(directory: string, port: number): Promise<Daemon> {
  const child = spawn(process.execPath, [program, directory, `${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    return { process: child, ...(JSON.parse(line) as Omit<Daemon, 'process'>) }
  }
  throw new Error('the daemon ended by itself')
}

async function kill({ process: child }: Daemon): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** An agent that remembers what it did, as the real one does, while its daemon is killed under it. */
class StubbornAgent {
  readonly done = new Map<string, TaskResult>()
  readonly executed: string[] = []
  readonly #actions = new Map<string, string>()
  readonly #key = new ScriptedKey()
  readonly #edges = new Set<string>()
  hasRebooted = false

  /** Lives through one connection, until the daemon shall be killed. */
  async converse(url: string, token: string): Promise<void> {
    const agent = new ScriptedAgent({ url, token, key: this.#key })
    onTestFinished(() => agent.socket.terminate())
    const { machineId } = await agent.take('welcome')
    if (this.#isNew('welcome')) return
    for (const result of this.done.values()) agent.send(result)
    for (;;) {
      const frame = await agent.take('task', 'result-ack')
      if (frame.frame === 'task') {
        const { action } = frame.order
        if (this.#isNew(`ordered ${action}`)) return
        agent.send(this.#perform(frame, machineId))
        if (this.#isNew(`reported ${action}`)) return
      } else {
        // The next order may overtake the acknowledgement of the result that was told again.
        const action = this.#actions.get(frame.attemptId)
        this.done.delete(frame.attemptId)
        this.hasRebooted ||= action === 'reboot'
        if (this.#isNew(`acknowledged ${action}`)) return
      }
    }
  }

  #isNew(edge: string): boolean {
    if (this.#edges.has(edge)) return false
    this.#edges.add(edge)
    return true
  }

  #perform(task: Extract<DaemonToAgent, { frame: 'task' }>, machineId: string): TaskResult {
    const known = this.done.get(task.attemptId)
    if (known !== undefined) return known
    const { action } = task.order
    this.executed.push(action)
    this.#actions.set(task.attemptId, action)
    const result: TaskResult = {
      frame: 'result',
      attemptId: task.attemptId,
      outcome: 'succeeded',
      facts: {
        ...(action === 'select-disk' ? { disk: agentDisk } : {}),
        ...(action === 'write-image'
          ? { receipt: receiptOf(task, machineId, image, this.#key) }
          : {}),
        ...(action === 'write-seed' ? { receipt: seedReceiptOf(task, this.#key) } : {}),
      },
    }
    this.done.set(task.attemptId, result)
    return result
  }
}

describe('a daemon that is killed', () => {
  it(
    'E01, E06: at every step of a deployment resumes by itself, and no step is done twice',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'repave-killed-'))
      const port = await freePort()
      let daemon = await startDaemon(directory, port)
      onTestFinished(async () => {
        await kill(daemon)
        rmSync(directory, { recursive: true })
      })
      const { token, nonce } = daemon
      const agent = new StubbornAgent()
      let kills = 0
      while (!agent.hasRebooted) {
        await agent.converse(`ws://127.0.0.1:${port}/agent/v1/ws`, token)
        await kill(daemon)
        kills++
        daemon = await startDaemon(directory, port)
      }
      expect(agent.executed).toEqual([
        'inventory',
        'select-disk',
        'write-image',
        'write-seed',
        'reboot',
      ])
      expect(kills).toBe(16)
      const answer = await fetch(`http://127.0.0.1:${port}/phone-home/${nonce}`, { method: 'POST' })
      expect(answer.status).toBe(200)
      await kill(daemon)
      await expectSuccess(join(directory, 'repave.db'))
      daemon = await startDaemon(directory, port)
    },
    restartsTimeoutMs,
  )
})

async function expectSuccess(path: string): Promise<void> {
  await using store = await openStore(path, { logger: createSilentLogger() })
  const { runs, machines } = await store.state.readPresent()
  expect(runs).toEqual([])
  expect(await store.state.readEndedRuns()).toMatchObject([{ state: 'succeeded' }])
  expect(machines).toMatchObject([{ state: 'deployed', imageName: 'debian-12' }])
  const events = await store.events.readSince(0, 10_000)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1))
  const endings = events.filter(({ type, action }) => type === 'run' && action === 'succeeded')
  expect(endings).toHaveLength(1)
}
