import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runInWorld } from '../../../src/cli/main.ts'
import { createOperatorApp } from '../../../src/daemon/api/operator-app.ts'
import { localCaller } from '../../../src/daemon/domain/access/caller.ts'
import { MemoryOperatorServices } from '../../fakes/memory-operator-services.ts'
import {
  failedRun,
  runEvent,
  sampleDisk,
  sampleId,
  sampleInventory,
  sampleMachine,
} from '../../fakes/sample-fleet.ts'

/** Titles, clipboards, colours, direction, invisible letters, markup, and ten thousand letters more. */
const hostile =
  '\u001b]0;owned\u0007\u001b]52;c;YQ==\u0007\u001b]8;;http://evil\u0007\u009b31m\u202eabc\u2066\u200b\u{e0041}\r\n' +
  `</td><img src=x onerror=alert(1)><script>alert(1)</script>"'&${'z'.repeat(10_000)}`
/** What a terminal acts upon; line ends are ours. */
const unseen = /[^\P{C}\n]|\p{Zl}|\p{Zp}/u

let folder: string
let services: MemoryOperatorServices
let app: FastifyInstance
let web: FastifyInstance

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-hostile-'))
  services = new MemoryOperatorServices()
  const text = hostile.slice(0, 250)
  const disk = { ...sampleDisk, serial: text, model: text }
  const system = { manufacturer: text, productName: text, serialNumber: text }
  const inventory = {
    ...sampleInventory,
    system,
    disks: [disk],
    cpu: { model: text, logicalCores: 1 },
  }
  const failure = { code: 'ERR_DISK_WRITE', message: hostile.slice(0, 2000), retryable: false }
  const run = { ...failedRun(1), failure, disk }
  services.place({ machines: [sampleMachine(1, { state: 'failed', inventory })], runs: [run] })
  services.events.append(runEvent(run, 'failed'))
  const said = { machineId: sampleId(1), key: sampleId(1) }
  services.events.append({ ...said, type: 'log', action: 'lines', body: { lines: [hostile] } })
  const facts = { because: hostile, hostname: hostile, address: hostile, [hostile]: hostile }
  services.events.append({ type: 'dhcp', action: 'ack', key: '52:54:00:aa:bb:01', body: facts })
  services.events.append({
    type: 'agent',
    action: 'refused',
    key: hostile,
    body: { message: hostile },
  })
  app = await createOperatorApp(services, 'unix')
  await app.listen({ path: join(folder, 'api.sock') })
  web = await createOperatorApp(services, {})
})
afterEach(async () => {
  await app.close()
  await web.close()
  await rm(folder, { recursive: true })
})

async function printed(...words: string[]): Promise<string> {
  let text = ''
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  for (const stream of [stdout, stderr]) stream.on('data', (part) => (text += String(part)))
  await runInWorld([...words, '--socket', join(folder, 'api.sock')], {
    ...{ stdout, stderr, stdin: new PassThrough(), environment: {}, isRoot: true },
    signal: AbortSignal.timeout(20_000),
  })
  return text
}

describe('what machines say of themselves', () => {
  it.each([
    ['machine', 'list', '-o', 'wide'],
    ['machine', 'show', 'node-1'],
    ['machine', 'explain', 'node-1'],
    ['machine', 'timeline', 'node-1'],
    ['machine', 'logs', 'node-1'],
    ['run', 'list', '-o', 'wide'],
    ['run', 'show', 'node-1'],
    ['run', 'logs', 'node-1'],
    ['run', 'watch', '--all', '--until-done'],
    ['status'],
    ['HOSTILE'],
    ['machine', 'show', 'HOSTILE'],
  ])('is inert and short where people read it: %s %s (U01)', async (...words) => {
    const text = await printed(...words.map((word) => (word === 'HOSTILE' ? hostile : word)))
    expect(text).not.toMatch(unseen)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(3000)
  })

  it.each(['json', 'jsonl', 'yaml'])('is inert and whole as %s (U01)', async (format) => {
    const text = await printed('machine', 'show', 'node-1', '-o', format)
    expect(text).not.toMatch(unseen)
    const yaml = await import('yaml')
    const read = (document: string) => yaml.parse(document) as { inventory?: object }
    const document = format === 'jsonl' ? read(text.trimEnd().split('\n')[1] ?? '') : read(text)
    expect(document.inventory).toMatchObject({ system: { serialNumber: hostile.slice(0, 250) } })
    expect(await printed('machine', 'timeline', 'node-1', '-o', 'jsonl')).not.toMatch(unseen)
  })

  it.each(['/', '/machines/node-1', '/events'])(
    'is text and no markup on %s (U01)',
    async (path) => {
      const login = await web.inject(`/login/${services.webSessions.openLogin(localCaller)}`)
      const cookie = String(login.headers['set-cookie']).split(';')[0] ?? ''
      const { statusCode, body } = await web.inject({ url: path, headers: { cookie } })
      expect(statusCode).toBe(200)
      expect(body).not.toMatch(unseen)
      expect(body).not.toMatch(
        /<img|<script(?! type="module" src="\/assets\/live\.js")|\sonerror=[^&]*>/,
      )
    },
  )
})
