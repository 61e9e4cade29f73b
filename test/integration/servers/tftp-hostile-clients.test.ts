import { randomBytes } from 'node:crypto'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../src/base/ipv4-address.ts'
import type { NewEvent } from '../../../src/contract/event.ts'
import type { BootFile } from '../../../src/daemon/servers/boot-files/boot-file.ts'
import { memoryBootFile } from '../../../src/daemon/servers/boot-files/memory-boot-file.ts'
import { ListenError } from '../../../src/daemon/servers/listen-error.ts'
import type { RunningServer } from '../../../src/daemon/servers/running-server.ts'
import { startTftpServer } from '../../../src/daemon/servers/tftp/tftp-server.ts'
import { decodeTftpPacket } from '../../../src/protocol/tftp/decode-tftp-packet.ts'
import { encodeTftpPacket } from '../../../src/protocol/tftp/encode-tftp-packet.ts'
import type { TftpPacket } from '../../../src/protocol/tftp/tftp-packet.ts'
import { DatagramClient } from '../../fakes/datagram-client.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const address = parseIpv4Address('127.0.0.1')
const program = randomBytes(2000)
const facts = { contentType: 'application/octet-stream' }
let server: RunningServer
let port: number
let events: NewEvent[]
let logger: ReturnType<typeof createSilentLogger>
let asked: string[]
let closedFiles: number

/** Counts how often it was closed. */
function countedFile(file: BootFile): BootFile {
  return {
    ...file,
    close: async () => {
      closedFiles++
    },
  }
}

async function resolveFile(path: string): Promise<BootFile | undefined> {
  asked.push(path)
  if (path === 'broken') throw new Error('EIO: /srv/secret')
  if (path === 'dies') {
    // Longer than what is read ahead of the first block.
    const file = memoryBootFile(Buffer.alloc(300_000), facts)
    const read: BootFile['read'] = async (offset, length) => {
      if (offset > 0) throw new Error('EIO: /srv/secret')
      return file.read(offset, length)
    }
    return countedFile({ ...file, read })
  }
  return path === 'program' ? countedFile(memoryBootFile(program, facts)) : undefined
}

beforeEach(async () => {
  events = []
  asked = []
  closedFiles = 0
  logger = createSilentLogger()
  server = await startTftpServer({
    address,
    port: 0,
    routes: [({ path }) => resolveFile(path)],
    clock: realClock,
    logger,
    events: { record: (event) => events.push(event) },
    mtuBytes: 1500,
    limits: { transfers: 6, transfersPerClient: 4 },
  })
  port = Number(/:(\d+)\//.exec(server.endpoint)?.[1])
})

afterEach(() => server[Symbol.asyncDispose]())

const readRequest = (fileName: string, options: Record<string, string> = {}, mode = 'octet') =>
  encodeTftpPacket({
    kind: 'read-request',
    fileName,
    mode,
    options: new Map(Object.entries(options)),
  })
const ack = (block: number) => encodeTftpPacket({ kind: 'acknowledgement', block })
const error = (errorCode: number) => encodeTftpPacket({ kind: 'error', errorCode, message: 'x' })

async function nextPacket(client: DatagramClient): Promise<{ packet: TftpPacket; from: number }> {
  const { bytes, from } = await client.next()
  const decoding = decodeTftpPacket(bytes)
  if (!decoding.ok) throw new Error(decoding.reason)
  return { packet: decoding.packet, from: from.port }
}

/** Asks for a file that exists and takes the rest of it from where the transfer stands. */
async function fetchWhole(client: DatagramClient): Promise<Buffer> {
  await client.send(readRequest('program'), port)
  const pieces: Uint8Array[] = []
  for (;;) {
    const { packet, from } = await nextPacket(client)
    if (packet.kind !== 'data') throw new Error(packet.kind)
    await client.send(ack(packet.block), from)
    if (packet.block === pieces.length + 1) pieces.push(packet.bytes)
    if (packet.bytes.length < 512) return Buffer.concat(pieces)
  }
}

/** Begins a transfer that waits minutes for an ACK, so that nothing is sent on account of time. */
async function beginPatiently(client: DatagramClient): Promise<number> {
  await client.send(readRequest('program', { timeout: '255' }), port)
  const { packet, from } = await nextPacket(client)
  if (packet.kind !== 'option-acknowledgement') throw new Error(packet.kind)
  return from
}

/** Takes the OACK, by which the client has shown that it is where it says. */
async function answerOnce(client: DatagramClient, from: number): Promise<void> {
  await client.send(ack(0), from)
  expect((await nextPacket(client)).packet).toMatchObject({ kind: 'data', block: 1 })
}

const count = (name: string) => server.counters()[`tftp.${name}`] ?? 0

describe(startTftpServer, () => {
  test('a port that is taken is an error with a remedy', async () => {
    const again = startTftpServer({
      address,
      port,
      routes: [],
      clock: realClock,
      logger,
      events: { record: () => {} },
      mtuBytes: 1500,
    })
    await expect(again).rejects.toThrow(ListenError)
    await expect(again).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      endpoint: `127.0.0.1:${port}/udp`,
    })
  })

  test('T01 random packets and ERROR packets are never answered, and the server lives', async () => {
    await using client = await DatagramClient.open()
    for (let opcode = 0; opcode < 300; opcode++) {
      const bytes = randomBytes(1 + (opcode % 60))
      bytes[0] = opcode >>> 8
      if (bytes.length > 1) bytes[1] = [0, 3, 4, 5, 6, 7, 255][opcode % 7] ?? 0
      await client.send(bytes, port)
    }
    await client.send(error(4), port)
    await client.send(new Uint8Array(), port)
    await using honest = await DatagramClient.open()
    expect(await fetchWhole(honest)).toEqual(program)
    expect(client.unread).toBe(0)
  })

  test.each([
    '../../etc/passwd',
    '/etc/passwd',
    '..\\..\\x',
    '/proc/self/environ',
    '%2e%2e/x',
    '\u00c0\u00ae',
    '',
    'a/'.repeat(300),
  ])('T02 the name %# does not exist', async (fileName) => {
    await using client = await DatagramClient.open()
    await client.send(readRequest(fileName), port)
    expect((await nextPacket(client)).packet).toMatchObject({ kind: 'error', errorCode: 1 })
    expect(asked.every((path) => !path.includes('..') || path === '%2e%2e/x')).toBe(true)
  })

  test('T08 C-T02 a missing file is ERROR 1 also when options were asked for, and no OACK', async () => {
    await using client = await DatagramClient.open()
    await client.send(readRequest('nothing', { tsize: '0', blksize: '1468' }), port)
    expect((await nextPacket(client)).packet).toMatchObject({ kind: 'error', errorCode: 1 })
  })

  test('T22 C-T12 twenty missing files are twenty ERRORs and one line in the log', async () => {
    await using client = await DatagramClient.open()
    for (let index = 0; index < 20; index++) {
      await client.send(readRequest(`pxelinux.cfg/${index}`), port)
      expect((await nextPacket(client)).packet).toMatchObject({ kind: 'error', errorCode: 1 })
    }
    expect(logger.lines).toHaveLength(1)
    expect(events).toEqual([])
  })

  test.each([
    ['netascii', 4],
    ['mail', 4],
    ['', 4],
  ])('T18 C-T10 mode %j is refused', async (mode, errorCode) => {
    await using client = await DatagramClient.open()
    await client.send(readRequest('program', {}, mode), port)
    expect((await nextPacket(client)).packet).toMatchObject({ kind: 'error', errorCode })
  })

  test('T18 C-T10 a write request is refused', async () => {
    await using client = await DatagramClient.open()
    const options = new Map<string, string>()
    await client.send(
      encodeTftpPacket({ kind: 'write-request', fileName: 'x', mode: 'octet', options }),
      port,
    )
    expect((await nextPacket(client)).packet).toMatchObject({ kind: 'error', errorCode: 2 })
  })

  test('T06 C-T03 a size probe ends at once, is no failure, and the second request is served', async () => {
    await using client = await DatagramClient.open()
    await client.send(readRequest('program', { tsize: '0', blksize: '1468' }), port)
    const { packet, from } = await nextPacket(client)
    expect(packet).toEqual({
      kind: 'option-acknowledgement',
      options: new Map([
        ['tsize', '2000'],
        ['blksize', '1468'],
      ]),
    })
    await client.send(error(8), from)
    await expect.poll(() => count('active')).toBe(0)
    expect(count('probed')).toBe(1)
    expect(closedFiles).toBe(1)
    expect(await fetchWhole(client)).toEqual(program)
    await expect.poll(() => events.map(({ action }) => action)).toEqual(['sent'])
  })

  test('T17 C-T01 a stranger gets ERROR 5 once and the transfer goes on', async () => {
    await using client = await DatagramClient.open()
    await using stranger = await DatagramClient.open()
    const from = await beginPatiently(client)
    await stranger.send(error(0), from)
    for (let index = 0; index < 5; index++) await stranger.send(ack(0), from)
    expect((await nextPacket(stranger)).packet).toMatchObject({ kind: 'error', errorCode: 5 })
    await client.send(ack(0), from)
    expect((await nextPacket(client)).packet).toMatchObject({ kind: 'data', block: 1 })
    expect(count('strangers')).toBe(6)
    await client.send(error(0), from)
  })

  test('T09 duplicated ACKs are answered by no further block', async () => {
    await using client = await DatagramClient.open()
    const from = await beginPatiently(client)
    for (const block of [0, 1, 2]) {
      for (let index = 0; index < 5; index++) await client.send(ack(block), from)
      expect((await nextPacket(client)).packet).toMatchObject({ kind: 'data', block: block + 1 })
    }
    expect(client.unread).toBe(0)
    await client.send(error(0), from)
  })

  test('a lost block comes again after the time-out', async () => {
    await using client = await DatagramClient.open()
    await client.send(readRequest('program'), port)
    const first = await nextPacket(client)
    expect(await nextPacket(client)).toEqual(first)
    await client.send(error(0), first.from)
    await expect.poll(() => count('retransmissions')).toBe(1)
  })

  test('a repeated request does not begin a second transfer', async () => {
    await using client = await DatagramClient.open()
    const from = await beginPatiently(client)
    const again = readRequest('program', { timeout: '255' })
    for (let index = 0; index < 4; index++) await client.send(again, port)
    await expect.poll(() => count('requests')).toBe(5)
    expect(count('active')).toBe(1)
    expect(client.unread).toBe(0)
    await client.send(error(0), from)
  })

  test('T21 a new request from the same port takes the place of the old one', async () => {
    await using client = await DatagramClient.open()
    await client.send(readRequest('program', { tsize: '0' }), port)
    await nextPacket(client)
    await client.send(readRequest('program', { blksize: '1000' }), port)
    const { packet, from } = await nextPacket(client)
    expect(packet).toMatchObject({ options: new Map([['blksize', '1000']]) })
    await expect.poll(() => count('active')).toBe(1)
    expect(count('probed')).toBe(1)
    await client.send(error(0), from)
  })

  test('T16 the caps hold, those above are told to wait, those below finish', async () => {
    await using first = await DatagramClient.open()
    const from = await beginPatiently(first)
    const others = await Promise.all(Array.from({ length: 5 }, () => DatagramClient.open()))
    await answerOnce(first, from)
    for (const other of others.slice(0, 3)) await answerOnce(other, await beginPatiently(other))
    for (const other of others.slice(3)) await other.send(readRequest('program'), port)
    await expect.poll(() => count('busy')).toBe(2)
    expect(count('active')).toBe(4)
    await using neighbour = await DatagramClient.open('127.0.0.2')
    await neighbour.send(readRequest('program'), port)
    expect((await nextPacket(neighbour)).packet).toMatchObject({ kind: 'data' })
    await first.send(ack(1), from)
    expect((await nextPacket(first)).packet).toMatchObject({ kind: 'data', block: 2 })
    for (const other of others) await other[Symbol.asyncDispose]()
  })

  test('T20 a file that fails while it is read ends with an ERROR that tells no path', async () => {
    await using client = await DatagramClient.open()
    await client.send(readRequest('dies'), port)
    const first = await nextPacket(client)
    let { packet } = first
    while (packet.kind === 'data') {
      await client.send(ack(packet.block), first.from)
      packet = (await nextPacket(client)).packet
    }
    expect(packet).toEqual({ kind: 'error', errorCode: 0, message: 'the file cannot be read' })
    await expect.poll(() => closedFiles).toBe(1)
    expect(events).toMatchObject([{ type: 'tftp', action: 'failed', body: { path: 'dies' } }])
  })

  test('a route that throws is an ERROR that tells no path', async () => {
    await using client = await DatagramClient.open()
    await client.send(readRequest('broken'), port)
    const { packet } = await nextPacket(client)
    expect(packet).toMatchObject({ kind: 'error', errorCode: 0 })
    expect(JSON.stringify(packet)).not.toContain('secret')
    expect(logger.lines).toMatchObject([{ level: 'error' }])
  })

  test('T14 transfers whose clients have vanished are ended when the server is', async () => {
    await using client = await DatagramClient.open()
    await client.send(readRequest('program'), port)
    await nextPacket(client)
    await server[Symbol.asyncDispose]()
    await server.closed
    expect(closedFiles).toBe(1)
    let { packet } = await nextPacket(client)
    while (packet.kind === 'data') packet = (await nextPacket(client)).packet
    expect(packet).toMatchObject({ kind: 'error', errorCode: 0 })
  })
})
