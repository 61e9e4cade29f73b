import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'

import asyncApiSpecs from '@asyncapi/specs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createOperatorApp } from '../../../../src/daemon/api/operator-app.ts'
import { apiRules } from '../../../../src/daemon/api/routes/route-table.ts'
import { MemoryOperatorServices } from '../../../fakes/memory-operator-services.ts'

let services: MemoryOperatorServices
let app: FastifyInstance
let url: string
beforeEach(async () => {
  services = new MemoryOperatorServices()
  app = await createOperatorApp(services, {})
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(() => app.close())

interface OpenApi {
  readonly paths: Record<string, Record<string, { operationId: string; summary: string }>>
}

describe('/docs', () => {
  it('serves an OpenAPI 3.1 document that its schema accepts, with every route once', async () => {
    const document = (await (await fetch(`${url}/docs/openapi.json`)).json()) as OpenApi
    const verdict = await new Validator().validate(document as unknown as Record<string, unknown>)
    expect(verdict.errors).toBeUndefined()
    expect(verdict.valid).toBe(true)
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(operations.length).toBe(Object.keys(apiRules).length)
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    expect(operations.filter(({ summary }) => summary.length < 5)).toEqual([])
  })

  it('serves an AsyncAPI 3 document that its schema accepts, with a summary for every frame', async () => {
    const document = (await (await fetch(`${url}/docs/asyncapi.json`)).json()) as {
      components: { messages: Record<string, { summary?: string }> }
    }
    const validate = new Ajv({ strict: false, logger: false, validateFormats: false }).compile(
      asyncApiSpecs.schemasWithoutId['3.0.0'] as object,
    )
    validate(document)
    expect(validate.errors).toBeNull()
    const messages = Object.entries(document.components.messages)
    expect(messages.map(([name]) => name).sort()).toEqual(
      [
        ...['authenticate', 'authenticated', 'error', 'event', 'events', 'lagging'],
        ...['progress', 'subscribe', 'subscribed', 'unsubscribe'],
      ].sort(),
    )
    expect(messages.filter(([, { summary }]) => summary === undefined)).toEqual([])
  })

  it('shows people every request, and loads nothing from elsewhere', async () => {
    const answer = await fetch(`${url}/docs`)
    const html = await answer.text()
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    for (const route of Object.keys(apiRules)) expect(html).toContain(route)
    expect(html).not.toMatch(/<script|src=|https?:/)
  })
})

describe('the client of docs/api.md', () => {
  it('has 30 lines, prints each event once, and goes on behind a restart (W09)', async () => {
    const page = await readFile('docs/api.md', 'utf8')
    const source = /<!-- client:[^]*?```js\n([^]*?)```/.exec(page)?.[1] ?? ''
    expect(source.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(30)
    const { token } = await services.tokens.createToken({ name: 'c', role: 'viewer' }, 'test')
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      env: { ...process.env, REPAVE_URL: url.replace('http', 'ws'), REPAVE_TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (text: Buffer) => (output += text.toString()))
    child.stderr.on('data', (text: Buffer) => (output += text.toString()))
    const seqs = () =>
      output.split('\n').flatMap((line) => (line === '' ? [] : [Number.parseInt(line, 10)]))
    try {
      await expect.poll(() => services.events.listenerCount).toBe(1)
      const first = services.events.append({ type: 'run', action: 'failed', key: 'x' })
      await expect.poll(seqs).toEqual([first.seq])
      await app.close()
      const missed = services.events.append()
      app = await createOperatorApp(services, {})
      await app.listen({ host: '127.0.0.1', port: Number(new URL(url).port) })
      await expect.poll(seqs).toEqual([first.seq, missed.seq])
    } finally {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    }
  })
})

describe('/metrics', () => {
  it('needs a token, and counts machines by state in Prometheus’ format', async () => {
    expect((await fetch(`${url}/metrics`)).status).toBe(401)
    await services.machines.addMachine({ name: 'n-1', macAddress: '52:54:00:aa:bb:01' })
    const { token } = await services.tokens.createToken({ name: 'm', role: 'viewer' }, 'test')
    const headers = { authorization: `Bearer ${token}` }
    const text = await (await fetch(`${url}/metrics`, { headers })).text()
    expect(text).toContain('repave_machines{state="discovering"} 1')
    expect(text).toMatch(/^repave_last_event_seq \d+$/m)
    expect(text).toMatch(/^# TYPE repave_resident_memory_bytes gauge$/m)
  })
})
