import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type FileHandle, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import type { BootFile } from '../../../src/daemon/servers/boot-files/boot-file.ts'
import {
  type KernelCalls,
  loadKernelCalls,
} from '../../../src/daemon/servers/http/kernel-sender.ts'
import { createProvisioningServer } from '../../../src/daemon/servers/http/provisioning-server.ts'
import type { RunningServer } from '../../../src/daemon/servers/running-server.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const content = randomBytes(24 * MEBIBYTE + 123)
let directory: string
let path: string
let file: FileHandle
let heldCount = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-kernel-'))
  path = join(directory, 'pack')
  await writeFile(path, content)
  file = await open(path)
})
afterAll(async () => {
  await file.close()
  await rm(directory, { recursive: true })
})

/** Held in stretches of 4 MiB, as chunks are; the file says that it is longer by `missingBytes` than it is. */
function heldFile(missingBytes: number): BootFile {
  return {
    sizeBytes: content.length + missingBytes,
    contentType: 'application/octet-stream',
    holdFile: async (position) => {
      heldCount++
      const end = (Math.floor(position / (4 * MEBIBYTE)) + 1) * 4 * MEBIBYTE
      const lengthBytes = Math.min(end, content.length + missingBytes) - position
      return { descriptor: file.fd, position, lengthBytes, release: () => heldCount-- }
    },
    read: async (offset, length, into = new Uint8Array(length)) => {
      const { bytesRead } = await file.read(into, 0, length, offset)
      return into.subarray(0, bytesRead)
    },
    close: async () => {},
  }
}

async function serve(kernel: KernelCalls | undefined): Promise<RunningServer & { port: number }> {
  const provisioning = await createProvisioningServer({
    ...{ host: '127.0.0.1', port: 0, kernel },
    routes: [
      async ({ path: wanted }) =>
        ({ whole: heldFile(0), short: heldFile(MEBIBYTE) })[wanted] ?? undefined,
    ],
    events: { record: () => undefined },
    logger: createSilentLogger(),
    clock: realClock,
  })
  const server = await provisioning.listen()
  return Object.assign(server, { port: Number(/:(\d+)\//.exec(server.endpoint)?.[1]) })
}

async function loadCalls(): Promise<KernelCalls> {
  const calls = await loadKernelCalls()
  if (calls === undefined) throw new Error('this machine has no sendfile')
  return calls
}

/** Counts what the kernel was given. */
async function countingCalls() {
  const calls = await loadCalls()
  const counted = { sentBytes: 0 }
  const sendFile: KernelCalls['sendFile'] = async (...call) => {
    const sent = await calls.sendFile(...call)
    counted.sentBytes += Math.max(sent, 0)
    return sent
  }
  return { counted, calls: { ...calls, sendFile } }
}

const body = async (response: Response) => Buffer.from(await response.arrayBuffer())
const openDescriptors = async () => (await readdir('/proc/self/fd')).length

async function ask(port: number, target: string, headers = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(`GET /${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
  return socket
}

describe(loadKernelCalls, () => {
  test('what is not in memory is not waited for', async () => {
    const { sendCached } = await loadCalls()
    // Behind the end of the file there is nothing to be had at once.
    expect(sendCached(-1, file.fd, content.length + MEBIBYTE, 4096)).toBe(0)
  })

  test('a file that has become too short resets the connection', async () => {
    await using server = await serve(await loadCalls())
    const response = await fetch(`http://127.0.0.1:${server.port}/short`)
    await expect(response.arrayBuffer()).rejects.toThrow()
    expect(heldCount).toBe(0)
  })

  test('H08 a client that goes away in the middle leaves no descriptor and no file behind', async () => {
    await using server = await serve(await loadCalls())
    const before = await openDescriptors()
    for (let count = 0; count < 5; count++) {
      const socket = await ask(server.port, 'whole')
      await once(socket, 'data')
      socket.resetAndDestroy()
    }
    await expect.poll(() => heldCount).toBe(0)
    await expect.poll(openDescriptors).toBe(before)
  })

  test('the kernel sends nearly all of it, whole or in ranges, to slow readers too', async () => {
    const { calls, counted } = await countingCalls()
    await using server = await serve(calls)
    const url = `http://127.0.0.1:${server.port}/whole`
    expect(content.equals(await body(await fetch(url)))).toBe(true)
    expect(counted.sentBytes).toBeGreaterThan(content.length * 0.8)
    const range = { headers: { range: 'bytes=1000001-9000000' } }
    const part = await body(await fetch(url, range))
    expect(content.subarray(1_000_001, 9_000_001).equals(part)).toBe(true)

    const socket = await ask(server.port, 'whole', 'Connection: close\r\n')
    const received: Buffer[] = []
    for await (const piece of socket as AsyncIterable<Buffer>) {
      received.push(piece)
      // Others have their turn, and the socket fills up meanwhile.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const answer = Buffer.concat(received)
    expect(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(content)).toBe(true)
  })

  test('many requests on one connection get their own bytes each', async () => {
    await using server = await serve(await loadCalls())
    const url = `http://127.0.0.1:${server.port}/whole`
    const ranges = Array.from({ length: 40 }, (_, number) => number * 500_000)
    const right = ranges.map(async (first) => {
      const headers = { range: `bytes=${first}-${first + 499_999}` }
      return content
        .subarray(first, first + 500_000)
        .equals(await body(await fetch(url, { headers })))
    })
    expect(await Promise.all(right)).toEqual(ranges.map(() => true))
  })

  test('where the kernel takes nothing, every byte goes the ordinary way', async () => {
    const refusing = { sendFile: async () => -1, sendCached: () => -1 }
    await using server = await serve({ ...(await loadCalls()), ...refusing })
    const received = await body(await fetch(`http://127.0.0.1:${server.port}/whole`))
    expect(content.equals(received)).toBe(true)
  })
})
