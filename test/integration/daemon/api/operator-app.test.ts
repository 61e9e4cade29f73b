import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createOperatorApp } from '../../../../src/daemon/api/operator-app.ts'
import { MemoryOperatorServices } from '../../../fakes/memory-operator-services.ts'

let directory: string
let services: MemoryOperatorServices
let app: FastifyInstance
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-api-'))
  services = new MemoryOperatorServices()
  app = await createOperatorApp(services, 'unix')
  await app.listen({ path: join(directory, 'api.sock') })
})
afterEach(async () => {
  await app.close()
  await rm(directory, { recursive: true })
})

interface Call {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

function call(path: string, { method = 'GET', headers = {}, body }: Call = {}) {
  return new Promise<{ status: number; text: string; type: string }>((resolve, reject) => {
    const options = { socketPath: join(directory, 'api.sock'), path, method, headers }
    const outgoing = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (text += piece))
      response.on('end', () => {
        const type = response.headers['content-type'] ?? ''
        resolve({ status: response.statusCode ?? 0, text, type })
      })
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const json = { 'content-type': 'application/json' }
const post = (path: string, body: unknown, headers: Record<string, string> = json) =>
  call(path, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const node1 = { name: 'node-1', macAddress: '52:54:00:aa:bb:01' }

describe(createOperatorApp, () => {
  it('refuses deep, large and poisoned JSON with a problem and lives on (H05)', async () => {
    const deep = await post('/api/v1/runs', '['.repeat(10_000))
    expect([deep.status, JSON.parse(deep.text).code]).toEqual([400, 'ERR_REQUEST_INVALID'])
    expect((await post('/api/v1/runs', `{"a":"${'x'.repeat(2_000_000)}"}`)).status).toBe(413)
    expect((await post('/api/v1/runs', '{"__proto__":{"a":1}}')).status).toBe(400)
    expect((await post('/api/v1/runs', '{"constructor":{"prototype":{}}}')).status).toBe(400)
    expect((await post('/api/v1/runs', 'secret{')).text).not.toContain('secret')
    expect((await call('/healthz')).status).toBe(200)
  })

  it.each(['text/plain', 'application/jsonx', 'application/x-www-form-urlencoded', ''])(
    'refuses a body of content type "%s" (H06)',
    async (type) => {
      const answer = await post(
        '/api/v1/machines',
        node1,
        type === '' ? {} : { 'content-type': type },
      )
      expect(answer.status).toBe(415)
      expect(answer.type).toContain('application/problem+json')
    },
  )

  it('refuses members that no schema names (W03)', async () => {
    const answer = await post('/api/v1/machines', { ...node1, state: 'deployed', id: 'x' })
    expect(answer.status).toBe(400)
    expect(await services.machines.listMachines()).toEqual([])
  })

  it('builds no URL from what the Host header says (H07)', async () => {
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' }
    const answer = await call('/api/v1/status', { headers })
    expect(answer.text).toContain('http://10.77.0.1:8090')
    expect(answer.text).not.toContain('evil')
  })

  it('answers what is not there with 404 and a remedy', async () => {
    expect(JSON.parse((await call('/api/v1/machines/none')).text)).toMatchObject({
      status: 404,
      code: 'ERR_RESOURCE_NOT_FOUND',
      remedy: 'repave machine list',
    })
    expect((await call('/api/v1/runs/none')).status).toBe(404)
    expect((await call('/api/v1/images/none')).status).toBe(404)
    expect((await call('/api/v1/nonsense')).status).toBe(404)
  })

  it('creates machines and runs, cancels and approves, and lists them with their seq', async () => {
    expect((await post('/api/v1/machines', node1)).status).toBe(201)
    const created = await post('/api/v1/runs', { machine: 'node-1', workflow: 'deploy-image' })
    expect(created.status).toBe(201)
    const { id } = JSON.parse(created.text) as { id: string }
    expect((await call(`/api/v1/runs/${id}/approve`, { method: 'POST' })).status).toBe(200)
    const cancelled = await call(`/api/v1/runs/${id}/cancel`, { method: 'POST', headers: json })
    expect(JSON.parse(cancelled.text)).toMatchObject({ id, state: 'cancelled' })
    expect(JSON.parse((await call('/api/v1/runs')).text)).toMatchObject({ seq: 4, items: [{ id }] })
    const machines = JSON.parse((await call('/api/v1/machines')).text) as { items: unknown[] }
    expect(machines.items).toHaveLength(1)
    expect((await call('/api/v1/machines/52:54:00:aa:bb:01')).status).toBe(200)
  })

  it('reads events from a cursor on, and refuses a limit out of range', async () => {
    for (let count = 0; count < 5; count++) services.events.append()
    const page = JSON.parse((await call('/api/v1/events?since=2&limit=2')).text)
    expect(page).toMatchObject({ seq: 5, items: [{ seq: 3 }, { seq: 4 }] })
    expect((await call('/api/v1/events?limit=0')).status).toBe(400)
    expect((await call('/api/v1/events?since=-1')).status).toBe(400)
  })

  it('imports a streamed image and ends its answer with it', async () => {
    const body = Buffer.alloc(3_072_000, 7)
    const headers = { 'content-type': 'application/octet-stream' }
    const answer = await call('/api/v1/images?name=debian-12&version=1', {
      method: 'POST',
      headers,
      body,
    })
    expect([answer.status, answer.type]).toEqual([200, 'application/x-ndjson'])
    expect(JSON.parse(answer.text.trim().split('\n').at(-1) ?? '')).toMatchObject({
      image: { name: 'debian-12', rawBytes: 3_072_000 },
    })
    expect((await call('/api/v1/images/debian-12')).status).toBe(200)
    expect((await call('/api/v1/images/debian-12', { method: 'DELETE' })).status).toBe(204)
    expect((await call('/api/v1/images/debian-12', { method: 'DELETE' })).status).toBe(404)
  })

  it('cancels the import of a client that goes away', async () => {
    const socketPath = join(directory, 'api.sock')
    const headers = { 'content-type': 'application/octet-stream' }
    const path = '/api/v1/images?name=debian-12'
    const outgoing = request({ socketPath, path, method: 'POST', headers })
    outgoing.on('error', () => undefined)
    outgoing.write(Buffer.alloc(100_000))
    await expect.poll(() => outgoing.socket?.bytesWritten ?? 0).toBeGreaterThan(100_000)
    outgoing.destroy()
    await expect.poll(() => services.cancelledImports.length).toBe(1)
    expect(await services.images.listImages()).toEqual([])
  })

  it('answers while a server is still to come, and says that it is starting', async () => {
    services.isReady = () => false
    const health = await call('/healthz')
    expect([health.status, JSON.parse(health.text)]).toEqual([503, { status: 'starting' }])
    expect((await call('/api/v1/machines')).status).toBe(200)
  })

  it('refuses an import without a name before it reads a byte', async () => {
    const headers = { 'content-type': 'application/octet-stream' }
    const answer = await call('/api/v1/images', { method: 'POST', headers, body: 'x' })
    expect(answer.status).toBe(400)
  })

  it('refuses web pages on TCP but those of the origins that it was told of (W01)', async () => {
    const trusted = 'https://console.example'
    const tcp = await createOperatorApp(services, { trustedOrigins: [trusted] })
    try {
      const { token } = await services.tokens.createToken({ name: 'w', role: 'viewer' }, 'test')
      const status = async (headers: Record<string, string>) => {
        const authorization = `Bearer ${token}`
        const url = '/api/v1/machines'
        return (await tcp.inject({ url, headers: { authorization, ...headers } })).statusCode
      }
      for (const origin of [
        ...['https://evil.example', 'null', `${trusted}.evil.example`, `${trusted}:444`],
        ...['http://console.example', 'https://a.console.example', 'http://127.0.0.1'],
      ]) {
        expect([origin, await status({ origin })]).toEqual([origin, 403])
      }
      expect(await status({ origin: trusted })).toBe(200)
      expect(await status({})).toBe(200)
    } finally {
      await tcp.close()
    }
  })
})
