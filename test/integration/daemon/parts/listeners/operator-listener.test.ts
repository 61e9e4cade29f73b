import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { get } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  startOperatorSocket,
  startOperatorTcp,
} from '../../../../../src/daemon/parts/listeners/operator-listener.ts'
import { ownCertificates } from '../../../../../src/daemon/store/tls/own-certificates.ts'
import { MemoryOperatorServices } from '../../../../fakes/memory-operator-services.ts'
import { realClock } from '../../../../fakes/real-clock.ts'

const services = new MemoryOperatorServices()
let path: string
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-socket-'))
  path = join(directory, 'api.sock')
})
afterEach(() => rm(directory, { recursive: true }))

const health = () =>
  new Promise((resolve, reject) => {
    request({ socketPath: path, path: '/healthz' }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })

describe(startOperatorSocket, () => {
  it('refuses a path that a unix socket cannot have', async () => {
    const long = join(directory, 'x'.repeat(100))
    await expect(startOperatorSocket(services, long)).rejects.toMatchObject({
      code: 'ERR_SOCKET_PATH_TOO_LONG',
    })
  })

  it('refuses while another daemon answers there, and leaves that one alone', async () => {
    await using first = await startOperatorSocket(services, path)
    await expect(startOperatorSocket(services, path)).rejects.toMatchObject({
      code: 'ERR_OPERATOR_SOCKET_IN_USE',
    })
    expect(await health()).toBe(200)
    expect(first.endpoint).toBe(path)
  })

  it('replaces a socket that a killed daemon left', async () => {
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', script])
    expect((await stat(path)).isSocket()).toBe(true)
    await using _listener = await startOperatorSocket(services, path)
    expect(await health()).toBe(200)
  })

  it('is open to its own user alone, and gone when it is closed', async () => {
    const listener = await startOperatorSocket(services, path)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await listener[Symbol.asyncDispose]()
    await listener.closed
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })
})

describe(startOperatorTcp, () => {
  const loopback = { address: '127.0.0.1', port: 0 }
  const own = () => ({
    directory: join(directory, 'tls'),
    audience: 'operators' as const,
    serverNames: ['127.0.0.1'],
    clock: realClock,
  })

  it('listens on its address alone, and says so when the port is taken', async () => {
    await using listener = await startOperatorTcp(services, loopback)
    expect(listener.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const port = Number(new URL(listener.endpoint).port)
    expect((await fetch(`${listener.endpoint}/healthz`)).status).toBe(200)
    const again = startOperatorTcp(services, { ...loopback, port })
    await expect(again).rejects.toMatchObject({ code: 'ERR_LISTEN' })
  })

  it('speaks TLS with a certificate that our own authority vouches for', async () => {
    const { authority, server } = await ownCertificates(own())
    await using listener = await startOperatorTcp(services, { ...loopback, tls: server })
    const status = (options: object) =>
      new Promise((resolve, reject) => {
        get(`${listener.endpoint}/healthz`, options, (response) => {
          response.resume()
          resolve(response.statusCode)
        }).on('error', reject)
      })
    await expect(status({})).rejects.toThrow('certificate')
    expect(await status({ ca: authority })).toBe(200)
  })

  it('gives up on half-open handshakes and closes connections beyond its cap (W06)', async () => {
    const { server } = await ownCertificates(own())
    await using listener = await startOperatorTcp(services, { ...loopback, tls: server })
    const port = Number(new URL(listener.endpoint).port)
    const startMs = performance.now()
    const ends = Array.from({ length: 200 }, () => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      return new Promise<number>((resolve) => {
        socket.once('close', () => resolve(performance.now() - startMs))
      })
    })
    const closedAfterMs = (await Promise.all(ends)).toSorted((left, right) => left - right)
    expect(closedAfterMs.filter((afterMs) => afterMs < 2000).length).toBeGreaterThanOrEqual(136)
    expect(closedAfterMs.at(-1)).toBeLessThan(8000)
  })
})
