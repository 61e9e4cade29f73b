import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

import type { DaemonToOperator } from '../../../../src/contract/operator-frames.ts'
import { createOperatorApp } from '../../../../src/daemon/api/operator-app.ts'
import { MemoryOperatorServices } from '../../../fakes/memory-operator-services.ts'

let services: MemoryOperatorServices
let app: FastifyInstance
let url: string
const sockets: WebSocket[] = []
beforeEach(async () => {
  services = new MemoryOperatorServices()
  app = await createOperatorApp(services, {})
  url = (await app.listen({ host: '127.0.0.1', port: 0 })).replace('http', 'ws')
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await app.close()
})

interface Client {
  readonly socket: WebSocket
  readonly frames: DaemonToOperator[]
  /** Close code, or the HTTP status of a refused upgrade. */
  readonly ended: Promise<number>
  send(frame: object): void
}

function connect(token?: string, path = '/api/v1/ws'): Client {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const socket = new WebSocket(url + path, { headers })
  sockets.push(socket)
  const frames: DaemonToOperator[] = []
  socket.on('error', () => undefined)
  socket.on('message', (data: Buffer) =>
    frames.push(JSON.parse(data.toString()) as DaemonToOperator),
  )
  const ended = new Promise<number>((resolve) => {
    socket.once('close', (code) => resolve(code))
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  })
  const open = new Promise((resolve) => socket.once('open', resolve))
  const send = (frame: object) => void open.then(() => socket.send(JSON.stringify(frame)))
  return { socket, frames, ended, send }
}

const subscribe = { frame: 'subscribe', id: 's', topics: ['*.*.*'] }
const make = async (name: string, selector?: string) => {
  const request = { name, role: 'viewer' as const, ...(selector === undefined ? {} : { selector }) }
  return (await services.tokens.createToken(request, 'test')).token
}

describe('the operators’ websocket over TCP', () => {
  it('refuses tokens in its address and wrong ones in its head, and closes what stays silent (W02)', async () => {
    const token = await make('ann')
    expect(await connect(undefined, `/api/v1/ws?token=${token}`).ended).toBe(401)
    expect(await connect(`${token}x`).ended).toBe(401)
    const startMs = performance.now()
    expect(await connect().ended).toBe(4401)
    expect(performance.now() - startMs).toBeGreaterThan(4000)
    expect(performance.now() - startMs).toBeLessThan(9000)
  })

  it('closes what speaks before it has proven who it is, or proves it wrongly (W02)', async () => {
    const early = connect()
    early.send(subscribe)
    expect(await early.ended).toBe(4401)
    expect(early.frames).toEqual([])
    const wrong = connect()
    wrong.send({ frame: 'authenticate', id: 'me', token: 'repave_nonsense' })
    expect(await wrong.ended).toBe(4401)
    expect(wrong.frames).toMatchObject([{ frame: 'error', id: 'me', code: 'ERR_UNAUTHENTICATED' }])
  })

  it('takes a token in the first frame, once', async () => {
    const client = connect()
    client.send({ frame: 'authenticate', id: 'me', token: await make('ann') })
    client.send(subscribe)
    client.send({ frame: 'authenticate', id: 'again', token: await make('bob') })
    await expect.poll(() => client.frames.length).toBe(3)
    expect(client.frames.find(({ frame }) => frame === 'authenticated')).toMatchObject({
      ...{ id: 'me', principal: 'operator:ann', role: 'viewer' },
    })
    expect(client.frames.find(({ frame }) => frame === 'error')).toMatchObject({ id: 'again' })
  })

  it('cuts off whoever’s token is revoked or expires, within a second (W08)', async () => {
    const revoked = connect(await make('ann'))
    const brief = { name: 'bob', role: 'viewer', validSeconds: 1 } as const
    const expiring = connect((await services.tokens.createToken(brief, 'test')).token)
    const staying = connect(await make('eve'))
    for (const client of [revoked, expiring, staying]) client.send(subscribe)
    await expect.poll(() => services.events.listenerCount).toBe(3)
    await services.tokens.revokeToken('ann', 'test')
    const revokedAtMs = performance.now()
    services.events.append({ key: 'after' })
    expect(await revoked.ended).toBe(4401)
    expect(performance.now() - revokedAtMs).toBeLessThan(1500)
    expect(await expiring.ended).toBe(4401)
    await expect.poll(() => services.events.listenerCount).toBe(1)
    expect(staying.socket.readyState).toBe(WebSocket.OPEN)
  })

  it('shows a limited token the machines that fit at that moment, and nothing of the others', async () => {
    const web = await services.machines.addMachine({
      name: 'web-1',
      macAddress: '52:54:00:aa:bb:01',
    })
    const db = await services.machines.addMachine({ name: 'db-1', macAddress: '52:54:00:aa:bb:02' })
    const client = connect(await make('ltd', 'name=Re(^web-)'))
    client.send(subscribe)
    await expect.poll(() => services.events.listenerCount).toBe(1)
    expect(client.frames).toMatchObject([{ frame: 'subscribed', machines: [{ name: 'web-1' }] }])
    const changed = (machine: typeof web, name: string) => {
      const revision = machine.revision + 1
      const body = JSON.parse(JSON.stringify({ machine: { ...machine, name, revision } })) as object
      const id = machine.id
      services.events.append({
        type: 'machine',
        action: 'updated',
        key: id,
        machineId: id,
        body: { ...body },
      })
    }
    services.events.append({ type: 'log', key: 'db', machineId: db.id })
    services.events.append({ type: 'dhcp', key: 'nobody' })
    services.events.append({ type: 'log', key: 'web', machineId: web.id })
    changed(db, 'web-2')
    services.events.append({ type: 'log', key: 'web-2', machineId: db.id })
    changed(web, 'gone-1')
    services.events.append({ type: 'log', key: 'gone', machineId: web.id })
    services.events.append({ type: 'log', key: 'end', machineId: db.id })
    const keys = () =>
      client.frames.flatMap((frame) => (frame.frame === 'event' ? [frame.event.key] : []))
    await expect.poll(keys).toContain('end')
    expect(keys()).toEqual(['web', db.id, 'web-2', 'end'])
  })

  it('closes a message of a million tiny fragments, and keeps little of it (W04)', async () => {
    const client = connect(await make('ann'))
    await new Promise((resolve) => client.socket.once('open', resolve))
    const before = process.memoryUsage().rss
    for (let count = 0; count < 1_000_000 && client.socket.readyState === WebSocket.OPEN; count++) {
      client.socket.send('x', { fin: false })
      if (count % 20_000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect([1008, 1009, 1006]).toContain(await client.ended)
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 2 ** 20)
    const next = connect(await make('bob'))
    next.send(subscribe)
    await expect.poll(() => next.frames.length).toBe(1)
  })
})
