import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import type { NewEvent } from '../../../src/contract/event.ts'
import type { ScriptClient } from '../../../src/daemon/domain/bootenv/boot-client.ts'
import { parseIpv4Address } from '../../../src/base/ipv4-address.ts'
import type { BootFile } from '../../../src/daemon/servers/boot-files/boot-file.ts'
import { bootScript } from '../../../src/daemon/servers/boot-files/boot-script.ts'
import { openDiskBootFile } from '../../../src/daemon/servers/boot-files/disk-boot-file.ts'
import { loadIpxeBinaries } from '../../../src/daemon/servers/boot-files/ipxe-binaries.ts'
import { memoryBootFile } from '../../../src/daemon/servers/boot-files/memory-boot-file.ts'
import { sledgehammerFiles } from '../../../src/daemon/servers/boot-files/sledgehammer-files.ts'
import { createProvisioningServer } from '../../../src/daemon/servers/http/provisioning-server.ts'
import type { RunningServer } from '../../../src/daemon/servers/running-server.ts'
import { machineCertificates } from '../../fakes/machine-certificates.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const run = promisify(execFile)
const logger = createSilentLogger()
const events: NewEvent[] = []
const askedBy: ScriptClient[] = []
const initramfs = randomBytes(3_000_001)
const canary = randomBytes(16).toString('hex')
const longBytes = 64 * 1024 * 1024
let directory: string
let longFile: string
let server: RunningServer
let port: number
let base: string

let hasBrokenOff = false

/** The first time its second half cannot be read. */
function breaksOffOnce(): BootFile {
  const half = Math.floor(initramfs.length / 2)
  const file = memoryBootFile(initramfs, { contentType: 'application/efi', etag: '"breaks-off"' })
  const read: BootFile['read'] = async (offset, length) => {
    if (offset + length <= half) return file.read(offset, length)
    if (hasBrokenOff) return file.read(offset, length)
    hasBrokenOff = true
    throw new Error('EIO')
  }
  return { ...file, read }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-http-'))
  const sledgehammer = join(directory, 'sledgehammer')
  longFile = join(directory, 'long')
  await mkdir(sledgehammer)
  await writeFile(join(directory, 'canary'), canary)
  await writeFile(join(sledgehammer, 'vmlinuz'), 'kernel')
  await writeFile(join(sledgehammer, 'initramfs.zst'), initramfs)
  const { route } = await loadIpxeBinaries()
  const provisioning = await createProvisioningServer({
    host: '127.0.0.1',
    port: 0,
    routes: [
      route,
      sledgehammerFiles(sledgehammer),
      bootScript({
        decider: {
          decideScript: async (client) => {
            askedBy.push(client)
            return { target: 'local-disk', machineName: 'node-1', because: 'deployed' }
          },
        },
        baseUrl: 'http://10.77.0.1:8090',
        serverAddress: parseIpv4Address('10.77.0.1'),
        clock: realClock,
        logger,
      }),
      async ({ path }) =>
        path === 'long' ? openDiskBootFile(longFile, { contentType: 'text/plain' }) : undefined,
      async ({ path }) => (path === 'breaks-off.efi' ? breaksOffOnce() : undefined),
    ],
    events: { record: (event) => events.push(event) },
    logger,
    clock: realClock,
    limits: { connectionsPerAddress: 80 },
    // Everything here holds for the port that speaks TLS, too.
    tls: (await machineCertificates(directory)).server,
  })
  provisioning.app.get('/plugin/fails', async () => {
    throw new Error(`secret ${canary} in /etc/passwd`)
  })
  server = await provisioning.listen()
  port = Number(/:(\d+)\//.exec(server.endpoint)?.[1])
  base = `http://127.0.0.1:${port}`
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

beforeEach(async () => {
  events.length = 0
  askedBy.length = 0
  const handle = await open(longFile, 'w')
  await handle.truncate(longBytes)
  await handle.close()
})

/** The exact bytes of an answer to the exact bytes of a request, on a connection of its own. */
async function exchange(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const pieces: Buffer[] = []
  const ended = new Promise((resolve) => {
    socket.on('data', (piece) => pieces.push(piece))
    socket.on('error', resolve)
    socket.on('close', resolve)
  })
  socket.write(text, 'latin1')
  await ended
  return Buffer.concat(pieces).toString('latin1')
}

const get = (target: string, headers = '') =>
  exchange(`GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`)

describe(createProvisioningServer, () => {
  test.each([
    '/boot/../canary',
    '/boot/../../../../etc/passwd',
    '/../canary',
    '/%2e%2e/canary',
    '/boot/%2e%2e%2f%2e%2e%2fetc/passwd',
    '/boot/..%5c..%5ccanary',
    '/boot\\..\\canary',
    '/boot/..;/canary',
    '/boot/%252e%252e/canary',
    '/boot/canary%00.efi',
    '/boot/sledgehammer/vmlinuz%00',
    '//etc/passwd',
    '///boot/./../canary',
    '/boot/%c0%ae%c0%ae/canary',
    '/boot/%zz',
    '/images/../canary',
    '/',
    '/boot/',
    '/boot/sledgehammer',
  ])('H01 %s is refused and gives away nothing', async (target) => {
    const answer = await get(target)
    expect(answer).toMatch(/^HTTP\/1\.1 (?:400|404) /)
    expect(answer).not.toContain(canary)
    expect(answer).not.toContain('root:')
  })

  test('H01 a path of 400 segments is refused', async () => {
    expect(await get('/a'.repeat(400))).toMatch(/^HTTP\/1\.1 404 /)
  })

  test('H18 an error inside a registered route tells neither its text nor its stack', async () => {
    const answer = await get('/plugin/fails')
    expect(answer).toMatch(/^HTTP\/1\.1 500 /)
    expect(answer).not.toContain(canary)
    expect(answer).not.toContain('.ts')
  })

  test.each([
    ['both lengths', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
    ['a signed length', 'Content-Length: +5\r\n'],
    ['a folded header', 'X-A: a\r\n b: c\r\nContent-Length : 5\r\n'],
  ])('H03 a request with %s is refused and the connection closed', async (_title, headers) => {
    const answer = await exchange(
      `POST /boot/x HTTP/1.1\r\nHost: x\r\n${headers}\r\nhello GET / HTTP/1.1\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })

  test('C-H04 doubled slashes and dots are the same file, without a redirect', async () => {
    for (const target of ['/boot/sledgehammer/vmlinuz', '//boot/./sledgehammer//vmlinuz']) {
      const answer = await get(target)
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      expect(answer.endsWith('\r\n\r\nkernel')).toBe(true)
    }
  })

  test('a target in absolute form is served', async () => {
    expect(await get('http://10.77.0.1:8090/boot/sledgehammer/vmlinuz')).toMatch(/kernel$/)
  })

  test('C-H01 H02 HEAD and GET carry the same headers, with one exact Content-Length', async () => {
    const { stdout: head } = await run('curl', ['-sI', `${base}/boot/sledgehammer/initramfs.zst`])
    const got = await run('curl', [
      '-s',
      '-D',
      '-',
      '-o',
      join(directory, 'got'),
      `${base}/boot/sledgehammer/initramfs.zst`,
    ])
    const withoutDate = (headers: string) => headers.replace(/^date:.*$/im, '')
    expect(withoutDate(head)).toBe(withoutDate(got.stdout))
    expect(head.match(/^content-length: 3000001\r$/gim)).toHaveLength(1)
    expect(head).not.toMatch(/transfer-encoding/i)
    expect(await readFile(join(directory, 'got'))).toEqual(initramfs)
  })

  test('H02 C-H02 curl puts a download together from ranges', async () => {
    const output = join(directory, 'resumed')
    const url = `${base}/boot/sledgehammer/initramfs.zst`
    await writeFile(output, initramfs.subarray(0, 1_234_567))
    await run('curl', ['-s', '-f', '-C', '-', '-o', output, url])
    expect(await readFile(output)).toEqual(initramfs)
    const { stdout } = await run('curl', ['-s', '-r', '-7', url], { encoding: 'buffer' })
    expect(stdout).toEqual(initramfs.subarray(-7))
  })

  test('H16 C-H02 a download that was reset halfway goes on where it was, under its tag', async () => {
    const url = `${base}/breaks-off.efi`
    const output = join(directory, 'breaks-off')
    await expect(run('curl', ['-s', '-f', '-o', output, url])).rejects.toMatchObject({ code: 56 })
    const { size } = await stat(output)
    expect(size).toBeGreaterThan(0)
    expect(size).toBeLessThan(initramfs.length)
    const resume = ['-s', '-f', '-C', '-', '-H', 'If-Match: "breaks-off"', '-o', output, url]
    await run('curl', resume)
    expect(await readFile(output)).toEqual(initramfs)
    const stale = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'If-Match: "other"', url]
    expect((await run('curl', stale)).stdout).toBe('412')
  })

  test('H02 a range behind the end is 416 and says the size', async () => {
    const answer = await get('/boot/sledgehammer/initramfs.zst', 'Range: bytes=3000001-\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 416 /)
    expect(answer).toMatch(/content-range: bytes \*\/3000001/i)
  })

  test('C-H03 one connection serves HEAD, GET, a miss and GET again', async () => {
    const urls = ['vmlinuz', 'initramfs.zst', 'nothing', 'vmlinuz'].map(
      (name) => `${base}/boot/sledgehammer/${name}`,
    )
    const sinks = urls.flatMap(() => ['-o', '/dev/null'])
    const { stdout } = await run('curl', ['-s', ...sinks, '-w', '%{num_connects}\\n', ...urls])
    expect(stdout.trim().split('\n')).toEqual(['1', '0', '0', '0'])
  })

  test('two ranges asked for in one go are answered in order, each whole', async () => {
    const ask = (range: string, connection: string) =>
      `GET /boot/sledgehammer/initramfs.zst HTTP/1.1\r\nHost: x\r\nRange: bytes=${range}\r\n` +
      `Connection: ${connection}\r\n\r\n`
    const answer = await exchange(ask('0-1999999', 'keep-alive') + ask('2000000-', 'close'))
    const bodies = [2_000_000, 1_000_001].reduce<string>((text, length) => {
      const start = answer.indexOf(`content-length: ${length}\r\n`)
      const body = answer.indexOf('\r\n\r\n', start) + 4
      return text + answer.slice(body, body + length)
    }, '')
    expect(Buffer.from(bodies, 'latin1').equals(initramfs)).toBe(true)
  })

  test('a script is decided once for GET and never for HEAD', async () => {
    const target = '/boot/script.ipxe?mac=52-54-00-AA-BB-01&platform=bios'
    const head = await exchange(`HEAD ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(head).toMatch(/^HTTP\/1\.1 405 /)
    expect(askedBy).toEqual([])
    const answer = await get(target)
    expect(answer).toContain('\r\n\r\n#!ipxe\n')
    expect(askedBy).toEqual([
      { macAddress: '52:54:00:aa:bb:01', platform: 'bios', address: '127.0.0.1' },
    ])
  })

  test.each(['', '?mac=zz', '?mac=525400aabb01&platform=amiga', '?mac=525400aabb01&uuid=1'])(
    'a script for %j is refused without a decision',
    async (query) => {
      expect(await get(`/boot/script.ipxe${query}`)).toMatch(/^HTTP\/1\.1 400 /)
      expect(askedBy).toEqual([])
    },
  )

  test('a boot file that was sent is an event', async () => {
    await get('/boot/ipxe/undionly.kpxe')
    const sizeBytes = 74_213
    expect(events).toMatchObject([
      {
        type: 'http',
        action: 'sent',
        key: '127.0.0.1',
        body: { path: 'ipxe/undionly.kpxe', sizeBytes, sentBytes: sizeBytes },
      },
    ])
  })

  test('H10 C-H09 a file that becomes shorter resets the connection and is never a whole body', async () => {
    const socket = connect(port, '127.0.0.1')
    let received = 0
    const error = await new Promise<NodeJS.ErrnoException>((resolve, reject) => {
      socket.on('error', resolve)
      socket.on('end', () => reject(new Error('the body ended as if it were whole')))
      socket.once('data', () => {
        socket.pause()
        void truncate(longFile, 1024).then(() => socket.resume())
      })
      socket.on('data', (piece) => (received += piece.length))
      socket.write('GET /long HTTP/1.1\r\nHost: x\r\n\r\n')
    })
    expect(error.code).toBe('ECONNRESET')
    expect(received).toBeLessThan(longBytes)
  })

  test('H08 two hundred downloads that are given up leave no file open', async () => {
    const openFiles = async () => (await readdir('/proc/self/fd')).length
    const before = await openFiles()
    const agent = new Agent({ maxSockets: 50 })
    const giveUp = () =>
      new Promise<void>((resolve) => {
        const request = httpRequest(`${base}/long`, { agent }, (response) => {
          response.once('data', () => request.destroy())
          response.once('close', resolve)
        })
        request.on('error', () => {})
        request.end()
      })
    await Promise.all(Array.from({ length: 200 }, giveUp))
    await expect.poll(openFiles).toBeLessThanOrEqual(before + 2)
  })

  test('H09 C-H06 slow readers are kept waiting instead of kept in memory', async () => {
    const sockets = Array.from({ length: 60 }, () => connect(port, '127.0.0.1'))
    const before = process.memoryUsage().arrayBuffers
    for (const socket of sockets) {
      socket.pause()
      socket.write('GET /long HTTP/1.1\r\nHost: x\r\n\r\n')
    }
    await expect.poll(() => server.counters()['http.connections']).toBeGreaterThanOrEqual(60)
    const askedMs = performance.now()
    const { stdout } = await run('curl', ['-s', `${base}/boot/sledgehammer/vmlinuz`])
    expect(stdout).toBe('kernel')
    expect(performance.now() - askedMs).toBeLessThan(5000)
    const grown = process.memoryUsage().arrayBuffers - before
    for (const socket of sockets) socket.destroy()
    expect(grown).toBeLessThan(60 * 1024 * 1024)
  })

  test('H04 no more than the allowed connections of one address stay open', async () => {
    await expect.poll(() => server.counters()['http.connections']).toBe(0)
    const sockets = Array.from({ length: 120 }, () => connect(port, '127.0.0.1'))
    for (const socket of sockets) socket.on('error', () => {})
    await expect.poll(() => server.counters()['http.connections-refused']).toBe(40)
    expect(server.counters()['http.connections']).toBe(80)
    for (const socket of sockets) socket.destroy()
    await expect.poll(() => server.counters()['http.connections']).toBe(0)
  })

  test('H04 a client that never finishes its headers is sent away', async () => {
    const startedMs = performance.now()
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    const drip = setInterval(() => socket.write('X-Drip: 1\r\n'), 500)
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
    clearInterval(drip)
    expect(performance.now() - startedMs).toBeLessThan(30_000)
  })

  test('the iPXE binaries are the ones on the disk', async () => {
    const { digests } = await loadIpxeBinaries()
    const { stdout } = await run('curl', ['-s', `${base}/boot/ipxe/snponly.efi`], {
      encoding: 'buffer',
    })
    const digest = createHash('sha256').update(stdout).digest('hex')
    expect(digests.get('ipxe/snponly.efi')).toBe(`sha256:${digest}`)
  })
})
