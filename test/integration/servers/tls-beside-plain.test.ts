import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { request as requestOverTls } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { memoryBootFile } from '../../../src/daemon/servers/boot-files/memory-boot-file.ts'
import { createProvisioningServer } from '../../../src/daemon/servers/http/provisioning-server.ts'
import { speakTlsBesidePlain } from '../../../src/daemon/servers/http/tls-beside-plain.ts'
import type { RunningServer } from '../../../src/daemon/servers/running-server.ts'
import { machineCertificates } from '../../fakes/machine-certificates.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const run = promisify(execFile)
const file = memoryBootFile(Buffer.alloc(300_000, 'x'), { contentType: 'text/plain' })
let directory: string
let authority: string
let server: RunningServer
let port: number

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-tls-port-'))
  const certificates = await machineCertificates(directory)
  authority = certificates.authority
  const provisioning = await createProvisioningServer({
    ...{ host: '127.0.0.1', port: 0, clock: realClock, logger: createSilentLogger() },
    routes: [async ({ path }) => (path === 'file' ? file : undefined)],
    events: { record: () => undefined },
    tls: certificates.server,
    confidentialPaths: ['/agent/'],
  })
  provisioning.app.get('/agent/v1/ws', async () => 'for agents')
  server = await provisioning.listen()
  port = Number(/:(\d+)\//.exec(server.endpoint)?.[1])
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

interface Answer {
  readonly status: number | undefined
  readonly text: string
}

function ask(scheme: 'http' | 'https', path: string, options: object = {}): Promise<Answer> {
  const send = scheme === 'http' ? request : requestOverTls
  return new Promise((resolve, reject) => {
    send(`${scheme}://127.0.0.1:${port}${path}`, { agent: false, ...options }, (response) => {
      let text = ''
      response.setEncoding('latin1').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
      .on('error', reject)
      .end()
  })
}

const brokenCount = () => server.counters()['http.handshakes-broken'] ?? 0

describe(speakTlsBesidePlain, () => {
  test('H14 a client of another authority, of an older TLS or of another name goes away, counted', async () => {
    const other = await machineCertificates(join(directory, 'other'))
    const before = brokenCount()
    await expect(ask('https', '/file', { ca: other.authority })).rejects.toThrow('certificate')
    await expect(ask('https', '/file', { ca: [] })).rejects.toThrow('certificate')
    const authorityPath = join(directory, 'other/tls/authority.pem')
    const curl = run('curl', ['-sS', '--cacert', authorityPath, `https://127.0.0.1:${port}/file`])
    await expect(curl).rejects.toThrow('certificate')
    await expect.poll(brokenCount).toBeGreaterThan(before)
    const old = { ca: authority, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }
    await expect(ask('https', '/file', { ...old, ciphers: 'ALL:@SECLEVEL=0' })).rejects.toThrow()
    const named = ask('https', '/file', { ca: authority, servername: 'other.example' })
    await expect(named).rejects.toThrow('other.example')
  })

  test(
    'H04 who sends half a handshake, or nothing, does not stay',
    { timeout: 30_000 },
    async () => {
      const startedMs = performance.now()
      const ends = ['', '\x16', '\x16\x03\x01\x02\x00\x01'].map((text) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
        socket.on('error', () => undefined).resume()
        return new Promise((resolve) => socket.once('close', resolve))
      })
      await Promise.all(ends)
      expect(performance.now() - startedMs).toBeLessThan(25_000)
      await expect.poll(() => server.counters()['http.connections']).toBe(0)
    },
  )

  test('what is neither is refused as a bad request', async () => {
    const socket = connect(port, '127.0.0.1', () => socket.write('\x15\x03\x01\x00\x02\r\n\r\n'))
    const [answer] = await new Promise<Buffer[]>((resolve) =>
      socket.once('data', (...of) => resolve(of)),
    )
    expect(String(answer)).toContain('400')
  })

  test('C-H08 serves both on one port, a first request in pieces too', async () => {
    const plain = await ask('http', '/file')
    expect(plain).toEqual({ status: 200, text: 'x'.repeat(300_000) })
    expect(await ask('https', '/file', { ca: authority })).toEqual(plain)
    const socket = connect(port, '127.0.0.1')
    for (const piece of ['G', 'ET /file HT', 'TP/1.1\r\nHost: x\r\n', '\r\n']) {
      socket.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const [head] = await new Promise<Buffer[]>((resolve) =>
      socket.once('data', (...of) => resolve(of)),
    )
    expect(String(head)).toContain('200 OK')
    socket.destroy()
  })

  test('keeps a TLS connection for several requests', async () => {
    const socket = connectTls({ host: '127.0.0.1', port, ca: authority })
    let text = ''
    socket.setEncoding('latin1').on('data', (piece: string) => (text += piece))
    for (let count = 1; count <= 3; count++) {
      socket.write('HEAD /file HTTP/1.1\r\nHost: x\r\n\r\n')
      await expect.poll(() => text.split('200 OK').length - 1).toBe(count)
    }
    socket.destroy()
  })

  test('what carries tokens is refused without TLS, however its path is written', async () => {
    for (const path of ['/agent/v1/ws', '/%61gent/v1/ws', '/agent/v1/ws?x=/file']) {
      const { status, text } = await ask('http', path)
      expect(status).toBe(426)
      expect(JSON.parse(text)).toMatchObject({ code: 'ERR_TLS_REQUIRED' })
    }
    expect(await ask('https', '/agent/v1/ws', { ca: authority })).toMatchObject({ status: 200 })
  })
})
