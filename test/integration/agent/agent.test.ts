import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import { startAgent } from '../../../src/agent/start-agent.ts'
import { StatusPage } from '../../../src/agent/status-page.ts'
import type { AgentWorld } from '../../../src/agent/tasks/task-context.ts'
import { createAgentWorld } from '../../fakes/agent-world.ts'
import { FakeDaemon } from '../../fakes/fake-daemon.ts'
import { startImageServer } from '../../fakes/image-server.ts'
import { attachLoopDevice } from '../../fakes/loop-device.ts'
import { createSignedImage, patternBytes } from '../../fakes/signed-image.ts'

const MiB = 1024 * 1024

const timing = {
  shortestWaitMs: 10,
  longestWaitMs: 50,
  pingEveryMs: 50,
  silenceMs: 5_000,
  repeatResultsEveryMs: 50,
  staleAfterMs: 100,
}

const start = (world: AgentWorld) => {
  const shown: string[] = []
  const console = { kind: 'line' as const, write: (text: string) => shown.push(text.trim()) }
  const page = new StatusPage([console], world.clock, { agentVersion: 'test', doing: 'starting' })
  const agent = startAgent({ world, token: 'token', page, uptimeMs: () => 1234, timing })
  return { shown, [Symbol.dispose]: () => agent[Symbol.dispose]() }
}

const image = createSignedImage(patternBytes(3 * MiB))

const writeOrder = (disk: ReturnType<typeof attachLoopDevice>['disk'], manifestPath: string) => ({
  action: 'write-image' as const,
  imageName: 'test-image',
  imageDigest: image.imageDigest,
  manifestPath,
  packPath: '/images/test/pack',
  disk,
})

describe('startAgent', () => {
  test('tries again for ever while it is refused', async () => {
    await using daemon = await FakeDaemon.start()
    daemon.refusal = { code: 'ERR_TOKEN', message: 'used before' }
    using world = createAgentWorld(daemon.url, [])
    using agent = start(world)
    await daemon.frame('hello', 3)
    expect(agent.shown.join('\n')).toContain('refused: ERR_TOKEN used before')
    daemon.refusal = undefined
    await daemon.frame('hello', 4)
  })

  test('boots again when its token stays unknown to the daemon', async () => {
    await using daemon = await FakeDaemon.start()
    daemon.refusal = { code: 'ERR_TOKEN_UNKNOWN', message: 'no boot was given this token' }
    using world = createAgentWorld(daemon.url, [])
    const { promise: rebooted, resolve: reboot } = Promise.withResolvers<void>()
    using agent = start({ ...world, reboot: async () => reboot() })
    await rebooted
    expect(agent.shown.join('\n')).toContain('booting again')
  })

  test('ends a connection that speaks nonsense and comes again', async () => {
    await using daemon = await FakeDaemon.start()
    using world = createAgentWorld(daemon.url, [])
    using agent = start(world)
    await daemon.frame('hello')
    daemon.sendText('{"frame":"format-everything"}')
    await daemon.frame('hello', 2)
    daemon.sendText('not json')
    await daemon.frame('hello', 3)
    expect(agent.shown.join('\n')).toContain('does not know')
  })

  test('says who it is with a signature over the challenge, and what the machine has', async () => {
    await using daemon = await FakeDaemon.start()
    using world = createAgentWorld(daemon.url, [])
    using agent = start(world)
    const hello = await daemon.frame('hello')
    expect(hello).toMatchObject({ token: 'token', agentVersion: 'test', uptimeMs: 1234 })
    expect(hello.publicKey).toBe(world.key.publicKeyBase64)
    expect(hello.inventory.memoryBytes).toBeGreaterThan(0)
    daemon.order({ action: 'inventory' })
    const taken = (await daemon.frame('result')).facts.inventory
    // The task also looks at what lies on each disk, and what is mounted may change between the two.
    const { disks, networkInterfaces: _interfaces, ...rest } = hello.inventory
    expect(taken).toMatchObject(rest)
    expect(taken?.disks.map(({ path }) => path)).toEqual(disks.map(({ path }) => path))
    expect(taken?.disks.every(({ contents }) => contents !== undefined)).toBe(true)
    expect(agent.shown.join('\n')).toContain('this is node-1')
  })

  test('what a task has said is told before its result: the machine may be off right after it', async () => {
    await using daemon = await FakeDaemon.start()
    using world = createAgentWorld(daemon.url, [])
    using _agent = start(world)
    await daemon.frame('hello')
    const attemptId = daemon.order({ action: 'reboot' })
    await daemon.frame('result')
    const lines = daemon.all('log').filter((frame) => frame.attemptId === attemptId)
    expect(lines.flatMap((frame) => frame.lines)).toEqual([
      expect.stringContaining(': begun'),
      expect.stringContaining('rebooting'),
      expect.stringContaining(': succeeded'),
    ])
  })

  test('repeats a result until it is acknowledged, over a lost connection too (decision 13)', async () => {
    await using daemon = await FakeDaemon.start()
    daemon.acknowledges = false
    using world = createAgentWorld(daemon.url, [])
    using _agent = start(world)
    await daemon.frame('hello')
    const attemptId = daemon.order({ action: 'inventory' })
    await daemon.frame('result', 2)
    daemon.dropConnections()
    const again = await daemon.frame('result', 4)
    expect(again).toMatchObject({ attemptId, outcome: 'succeeded' })
    await daemon.restart()
    await daemon.frame('result', daemon.all('result').length + 1)
    daemon.acknowledges = true
    await daemon.frame('result', daemon.all('result').length + 1)
    const other = daemon.order({ action: 'inventory' })
    while (daemon.all('result').at(-1)?.attemptId !== other) {
      await daemon.frame('result', daemon.all('result').length + 1)
    }
  })

  test('a finished attempt ordered again is answered, not done again', async () => {
    await using daemon = await FakeDaemon.start()
    let reboots = 0
    const reboot = () => {
      reboots++
      return Promise.resolve()
    }
    using world = createAgentWorld(daemon.url, [], { reboot })
    using _agent = start(world)
    await daemon.frame('hello')
    const attemptId = daemon.order({ action: 'reboot' })
    await daemon.frame('result')
    daemon.order({ action: 'reboot' }, attemptId)
    await daemon.frame('result', 2)
    daemon.order({ action: 'inventory' })
    await daemon.frame('result', 3)
    expect(reboots).toBe(1)
  })

  test('reboots only when the daemon has acknowledged the result (B25)', async () => {
    await using daemon = await FakeDaemon.start()
    daemon.acknowledges = false
    const rebooted = Promise.withResolvers<void>()
    let acknowledged = false
    const reboot = () => {
      expect(acknowledged).toBe(true)
      rebooted.resolve()
      return Promise.resolve()
    }
    using world = createAgentWorld(daemon.url, [], { reboot })
    using _agent = start(world)
    await daemon.frame('hello')
    const attemptId = daemon.order({ action: 'reboot' })
    await daemon.frame('result', 3)
    acknowledged = true
    daemon.acknowledge(attemptId)
    await rebooted.promise
  })

  test('writes an image once, however often the attempt is ordered, and reports it', async () => {
    await using server = await startImageServer(image)
    await using daemon = FakeDaemon.attach(server.server)
    using loop = attachLoopDevice(8 * MiB)
    using world = createAgentWorld(daemon.url, [image.trustedKey])
    using agent = start(world)
    await daemon.frame('hello')
    server.fault = ({ bytes, requestNumber }) => {
      if (requestNumber === 1) daemon.order(order, attemptId)
      return bytes
    }
    const order = writeOrder(loop.disk, server.manifestPath)
    const attemptId = daemon.order(order)
    const result = await daemon.frame('result')
    expect(result.failure).toBeUndefined()
    expect(result).toMatchObject({ attemptId, outcome: 'succeeded' })
    expect(readFileSync(loop.backingPath).subarray(0, image.raw.length).equals(image.raw)).toBe(
      true,
    )
    const phases = daemon.all('progress').map(({ progress }) => progress.phase)
    expect(new Set(phases)).toEqual(new Set(['scan', 'write', 'verify', 'commit']))
    expect(server.rangeRequests.reduce((sum, { length }) => sum + length, 0)).toBe(
      image.pack.length,
    )
    daemon.order(order, attemptId)
    expect(await daemon.frame('result', 2)).toEqual(result)
    await daemon.frame('log')
    expect(agent.shown.join('\n')).toContain('write 100%')
  })

  test('stops the task that is cancelled, and says so', async () => {
    await using server = await startImageServer(image)
    await using daemon = FakeDaemon.attach(server.server)
    using loop = attachLoopDevice(8 * MiB, { fill: 0xaa })
    using world = createAgentWorld(daemon.url, [image.trustedKey])
    using _agent = start(world)
    await daemon.frame('hello')
    daemon.send({ frame: 'cancel', attemptId: randomUUID() })
    server.fault = () => {
      daemon.send({ frame: 'cancel', attemptId })
      return undefined
    }
    const attemptId = daemon.order(writeOrder(loop.disk, server.manifestPath))
    expect(await daemon.frame('result')).toMatchObject({
      attemptId,
      outcome: 'failed',
      failure: { code: 'ERR_CANCELLED', retryable: false },
    })
    const head = readFileSync(loop.backingPath).subarray(0, MiB)
    expect(head.every((byte) => byte === 0)).toBe(true)
  })

  test('a new attempt ends the one before, and begins when that has come to rest', async () => {
    await using server = await startImageServer(image)
    await using daemon = FakeDaemon.attach(server.server)
    using loop = attachLoopDevice(8 * MiB)
    using world = createAgentWorld(daemon.url, [image.trustedKey])
    using _agent = start(world)
    await daemon.frame('hello')
    const order = writeOrder(loop.disk, server.manifestPath)
    const second = randomUUID()
    server.fault = ({ bytes }) => {
      if (server.rangeRequests.length > 1) return bytes
      daemon.order(order, second)
      return undefined
    }
    const first = daemon.order(order)
    expect(await daemon.frame('result', 1)).toMatchObject({
      attemptId: first,
      failure: { code: 'ERR_CANCELLED' },
    })
    const result = await daemon.frame('result', 2)
    expect(result.failure).toBeUndefined()
    expect(result).toMatchObject({ attemptId: second, outcome: 'succeeded' })
  })

  test('goes on writing while the daemon is away', async () => {
    await using server = await startImageServer(image)
    await using daemon = FakeDaemon.attach(server.server)
    using loop = attachLoopDevice(8 * MiB)
    using world = createAgentWorld(daemon.url, [image.trustedKey])
    using _agent = start(world)
    await daemon.frame('hello')
    server.fault = ({ bytes, requestNumber }, response) => {
      if (requestNumber > 1) return bytes
      daemon.dropConnections()
      response.destroy()
      return undefined
    }
    daemon.order(writeOrder(loop.disk, server.manifestPath))
    expect((await daemon.frame('result')).failure).toBeUndefined()
    expect(daemon.all('hello').length).toBe(2)
  })
})
