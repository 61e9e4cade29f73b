import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

import type { DaemonToOperator } from '../../../../../src/contract/operator-frames.ts'
import { createOperatorApp } from '../../../../../src/daemon/api/operator-app.ts'
import { MemoryOperatorServices } from '../../../../fakes/memory-operator-services.ts'

let directory: string
let services: MemoryOperatorServices
let app: FastifyInstance
const clients: Operator[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-ws-'))
  services = new MemoryOperatorServices()
  app = await createOperatorApp(services, 'unix')
  await app.listen({ path: join(directory, 'api.sock') })
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate()
  await app.close()
  await rm(directory, { recursive: true })
})

/** A client that keeps every frame it gets. */
class Operator {
  readonly frames: DaemonToOperator[] = []
  readonly closed: Promise<number>
  readonly socket: WebSocket

  constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)))
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString('utf8')) as DaemonToOperator)
    })
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame))
  }

  of<Kind extends DaemonToOperator['frame']>(kind: Kind) {
    return this.frames.filter((frame) => frame.frame === kind) as Extract<
      DaemonToOperator,
      { frame: Kind }
    >[]
  }

  get seqs(): readonly number[] {
    return this.of('event').map(({ event }) => event.seq)
  }
}

async function operator(): Promise<Operator> {
  const socket = new WebSocket(`ws+unix:${join(directory, 'api.sock')}:/api/v1/ws`)
  const client = new Operator(socket)
  clients.push(client)
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return client
}

const everything = { frame: 'subscribe', id: 's', topics: ['*.*.*'] }
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('the operators’ websocket', () => {
  it('answers wrong frames with an error that carries the id, and stays open (W07)', async () => {
    const client = await operator()
    client.socket.send('not json')
    client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })
    client.socket.send(Buffer.from('{}'), { binary: true })
    client.socket.send(
      `{"frame":"subscribe","id":"deep","topics":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    )
    client.send({ frame: 'subscribe', id: 'none', topics: [] })
    client.send({ frame: 'explode', id: 'method' })
    client.send({ frame: 'unsubscribe', id: 'never' })
    client.send({ frame: 'subscribe', id: 'x'.repeat(1000), topics: ['*.*.*'] })
    await expect.poll(() => client.of('error').length).toBe(8)
    const ids = client.of('error').map((frame) => frame.id)
    expect(ids).toEqual([
      undefined,
      undefined,
      undefined,
      'deep',
      'none',
      'method',
      'never',
      undefined,
    ])
    client.send(everything)
    await expect.poll(() => client.of('subscribed').length).toBe(1)
    client.send(everything)
    await expect.poll(() => client.of('error').at(-1)?.message).toContain('under way')
  })

  it('closes a connection that sends nothing but wrong frames (W07)', async () => {
    const client = await operator()
    for (let count = 0; count < 30; count++) client.socket.send('?')
    expect(await client.closed).toBe(1008)
  })

  it('closes a connection whose message is a byte over 256 KiB, and compresses nothing (W04)', async () => {
    const client = await operator()
    expect(client.socket.extensions).toBe('')
    client.socket.send(`"${'x'.repeat(262_142)}"`)
    await expect.poll(() => client.of('error').length).toBe(1)
    client.socket.send(`"${'x'.repeat(262_143)}"`)
    expect(await client.closed).toBe(1009)
  })

  it('gives the snapshot, then what was missed, then what happens, each once and in order (W09)', async () => {
    for (let count = 0; count < 700; count++) services.events.append()
    const client = await operator()
    client.send({ ...everything, since: 100 })
    await expect.poll(() => client.frames.length).toBeGreaterThan(1)
    for (let count = 0; count < 50; count++) services.events.append()
    await expect.poll(() => client.seqs.length).toBe(650)
    expect(client.seqs).toEqual(numbers(101, 750))
    expect(client.frames[0]).toMatchObject({ frame: 'subscribed', id: 's' })
  })

  it('starts at the snapshot without since, and with a cursor from another database', async () => {
    for (let count = 0; count < 10; count++) services.events.append()
    const client = await operator()
    client.send(everything)
    client.send({ ...everything, id: 'ahead', since: 5000 })
    await expect.poll(() => client.of('subscribed').length).toBe(2)
    services.events.append()
    await expect.poll(() => client.of('event').length).toBe(2)
    expect(client.seqs).toEqual([11, 11])
  })

  it('misses and repeats nothing across reconnects under concurrent appends (W09)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 5 }),
        async (cuts) => {
          const start = services.events.lastSeq()
          const target = start + 200
          const appending = (async () => {
            while (services.events.lastSeq() < target) {
              services.events.append()
              await new Promise((resolve) => setImmediate(resolve))
            }
          })()
          const seen: number[] = []
          for (const cut of [...cuts, 10_000]) {
            const wanted = Math.min(seen.length + cut, 200)
            const client = await operator()
            client.send({ ...everything, since: seen.at(-1) ?? start })
            await expect
              .poll(() => seen.length + client.seqs.length, { interval: 2 })
              .toBeGreaterThanOrEqual(wanted)
            client.socket.terminate()
            await client.closed
            seen.push(...client.seqs)
          }
          await appending
          expect(seen).toEqual(numbers(start + 1, target))
        },
      ),
      { numRuns: 8 },
    )
  })

  it('sends only what the topics cover', async () => {
    const client = await operator()
    client.send({ frame: 'subscribe', id: 's', topics: ['run.failed,succeeded.*'] })
    await expect.poll(() => client.of('subscribed').length).toBe(1)
    services.events.append({ type: 'run', action: 'created' })
    services.events.append({ type: 'dhcp', action: 'ack' })
    services.events.append({ type: 'run', action: 'failed' })
    await expect.poll(() => client.seqs).toEqual([3])
  })

  it('relays live progress to those whose topics cover it, and stops after unsubscribe', async () => {
    const client = await operator()
    client.send(everything)
    client.send({ frame: 'subscribe', id: 'other', topics: ['dhcp.*.*'] })
    await expect.poll(() => client.of('subscribed').length).toBe(2)
    const zero = { fetchedBytes: 0, bytesPerSecond: 0, chunksRefetched: 0 }
    const progress = { phase: 'write', doneBytes: 1, totalBytes: 2, ...zero } as const
    const ids = { machineId: crypto.randomUUID(), runId: crypto.randomUUID() }
    services.report({ ...ids, progress })
    await expect
      .poll(() => client.of('progress'))
      .toEqual([{ frame: 'progress', id: 's', ...ids, progress }])
    client.send({ frame: 'unsubscribe', id: 's' })
    await expect.poll(() => services.events.listenerCount).toBe(1)
  })

  it('tells a subscriber that stops reading that it lags, with the cursor to resume from (W05)', async () => {
    const client = await operator()
    client.send(everything)
    await expect.poll(() => client.of('subscribed').length).toBe(1)
    await expect.poll(() => services.events.listenerCount).toBe(1)
    client.socket.pause()
    const body = { text: 'x'.repeat(300) }
    const last = 25_000
    for (let round = 0; round < 250; round++) {
      for (let count = 0; count < 100; count++) services.events.append({ body })
      await new Promise((resolve) => setImmediate(resolve))
    }
    client.socket.resume()
    await expect.poll(() => client.of('lagging').length).toBe(1)
    const lastSeq = client.of('lagging')[0]?.lastSeq ?? 0
    expect(client.seqs).toEqual(numbers(1, lastSeq))
    expect(lastSeq).toBeLessThan(last)
    client.send({ ...everything, since: lastSeq })
    await expect.poll(() => client.seqs.length).toBe(last)
    expect(client.seqs).toEqual(numbers(1, last))
  })

  it('stops listening for a client that is gone', async () => {
    const client = await operator()
    client.send(everything)
    await expect.poll(() => services.events.listenerCount).toBe(1)
    client.socket.terminate()
    await expect.poll(() => services.events.listenerCount).toBe(0)
  })

  it('says goodbye when the daemon stops, also to a client that does not answer', async () => {
    const client = await operator()
    const raw = connect(join(directory, 'api.sock'))
    raw.write(
      'GET /api/v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    await new Promise((resolve) => raw.once('data', resolve))
    const ended = new Promise((resolve) => raw.once('close', resolve))
    await app.close()
    expect(await client.closed).toBe(1001)
    await ended
  })

  it('refuses a browser’s upgrade and the twenty-first connection of an address on TCP (W01, W06)', async () => {
    const tcp = await createOperatorApp(services, {})
    try {
      const url = (await tcp.listen({ host: '127.0.0.1', port: 0 })).replace('http', 'ws')
      const { token } = await services.tokens.createToken({ name: 'w', role: 'viewer' }, 'test')
      const outcome = (origin?: string) =>
        new Promise<number | string>((resolve) => {
          const headers = { authorization: `Bearer ${token}` }
          const options = origin === undefined ? { headers } : { headers, origin }
          const socket = new WebSocket(`${url}/api/v1/ws`, options)
          const client = new Operator(socket)
          clients.push(client)
          socket.once('unexpected-response', (_request, response) =>
            resolve(response.statusCode ?? 0),
          )
          socket.once('open', () => {
            client.send({ ...everything, id: 'hello' })
            socket.once('message', () => resolve('open'))
          })
          void client.closed.then(resolve)
        })
      expect(await outcome('http://evil.example')).toBe(403)
      for (let count = 0; count < 20; count++) expect(await outcome()).toBe('open')
      expect(await outcome()).toBe(1013)
    } finally {
      await tcp.close()
    }
  })
})
