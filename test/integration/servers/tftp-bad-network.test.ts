import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../src/base/ipv4-address.ts'
import { memoryBootFile } from '../../../src/daemon/servers/boot-files/memory-boot-file.ts'
import type { RunningServer } from '../../../src/daemon/servers/running-server.ts'
import { startTftpServer } from '../../../src/daemon/servers/tftp/tftp-server.ts'
import { ensureDebianPackages } from '../../../src/debian/ensure-debian-packages.ts'
import { encodeTftpPacket } from '../../../src/protocol/tftp/encode-tftp-packet.ts'
import { DatagramClient } from '../../fakes/datagram-client.ts'
import { openLossyRelay } from '../../fakes/lossy-relay.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const run = promisify(execFile)
const program = randomBytes(60_001)
let folder: string

beforeAll(async () => {
  await ensureDebianPackages(['atftp'], { log: () => undefined })
  folder = await mkdtemp(join(tmpdir(), 'repave-tftp-loss-'))
})
afterAll(() => rm(folder, { recursive: true }))

const startServer = (transferPorts: 'any' | 'single') =>
  startTftpServer({
    ...{ address: parseIpv4Address('127.0.0.1'), port: 0, transferPorts, mtuBytes: 1500 },
    routes: [
      async () => memoryBootFile(program, { contentType: 'application/octet-stream', etag: '"p"' }),
    ],
    ...{ clock: realClock, logger: createSilentLogger(), events: { record: () => undefined } },
    limits: { transfers: 400, transfersPerClient: 400 },
  })
const portOf = ({ endpoint }: RunningServer) => Number(/:(\d+)\//.exec(endpoint)?.[1])
const readRequest = encodeTftpPacket({
  ...{ kind: 'read-request', fileName: 'program', mode: 'octet' },
  options: new Map([
    ['blksize', '1428'],
    ['timeout', '1'],
  ]),
})
const openFiles = async () => (await readdir('/proc/self/fd')).length

describe(startTftpServer, () => {
  test.concurrent.each([
    { loss: 0.01, windowBlocks: 4 },
    { loss: 0.05, windowBlocks: 1 },
    { loss: 0.1, windowBlocks: 16 },
  ])(
    'T12 $loss lost, 2 % doubled, 25 % out of order, windows of $windowBlocks: every byte arrives',
    async ({ loss, windowBlocks }) => {
      await using server = await startServer('single')
      const faults = { loss, doubled: 0.02, late: 0.25, lateMs: 20, seed: windowBlocks }
      await using relay = await openLossyRelay(portOf(server), faults)
      const output = join(folder, String(loss))
      const options = ['blksize 1428', `windowsize ${windowBlocks}`, 'timeout 1']
      const words = options.flatMap((option) => ['--option', option])
      await run('atftp', [
        ...['-g', '-r', 'program', '-l', output, ...words, '127.0.0.1', String(relay.port)],
      ])
      expect((await readFile(output)).equals(program)).toBe(true)
      if (loss > 0.01) expect(relay.lostCount()).toBeGreaterThan(0)
    },
  )

  test.concurrent(
    'T13 T14 three hundred clients that vanish are forgotten in half a minute, with all they held',
    { timeout: 60_000 },
    async () => {
      await using server = await startServer('any')
      const before = await openFiles()
      await using client = await DatagramClient.open()
      const senders = Array.from({ length: 300 }, () => createSocket('udp4'))
      for (const sender of senders) sender.send(readRequest, portOf(server), '127.0.0.1')
      await expect
        .poll(() => server.counters()['tftp.active'], { timeout: 20_000 })
        .toBeGreaterThan(250)
      for (const sender of senders) sender.close()
      await client.send(readRequest, portOf(server))
      await expect
        .poll(() => server.counters()['tftp.active'], { timeout: 40_000, interval: 500 })
        .toBe(0)
      expect(await openFiles()).toBeLessThanOrEqual(before + 10)
    },
  )

  test.concurrent(
    'T15 requests in strangers’ names bring them no more than three times as much',
    async () => {
      await using server = await startServer('any')
      let receivedBytes = 0
      let sentBytes = 0
      const strangers = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const socket = createSocket('udp4')
          socket.bind({ address: `127.0.9.${index + 1}`, port: 0 })
          socket.on('message', (bytes) => (receivedBytes += bytes.length))
          await once(socket, 'listening')
          return socket
        }),
      )
      for (let round = 0; round < 40; round++) {
        for (const socket of strangers) {
          // Never the same name twice: a repeated request is no new one.
          const request = encodeTftpPacket({
            ...{ kind: 'read-request', fileName: `program-${round}`, mode: 'octet' },
            options: new Map([['blksize', '1428']]),
          })
          sentBytes += request.length
          socket.send(request, portOf(server), '127.0.0.1')
        }
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
      await new Promise((resolve) => setTimeout(resolve, 3000))
      for (const socket of strangers) socket.close()
      expect(sentBytes).toBeGreaterThan(100_000)
      expect(receivedBytes).toBeLessThanOrEqual(3 * sentBytes)
    },
  )
})
