import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../src/base/ipv4-address.ts'
import { ownPrograms } from '../../../src/daemon/servers/boot-files/own-programs.ts'
import type { RunningServer } from '../../../src/daemon/servers/running-server.ts'
import { startTftpServer } from '../../../src/daemon/servers/tftp/tftp-server.ts'
import { decodeTftpPacket } from '../../../src/protocol/tftp/decode-tftp-packet.ts'
import { encodeTftpPacket } from '../../../src/protocol/tftp/encode-tftp-packet.ts'
import type { TftpPacket } from '../../../src/protocol/tftp/tftp-packet.ts'
import { DatagramClient } from '../../fakes/datagram-client.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const program = randomBytes(400_000)
let directory: string
let programs: string
const servers: RunningServer[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-tftp-files-'))
  programs = join(directory, 'programs')
  await mkdir(programs)
  await writeFile(join(directory, 'canary'), 'canary')
  await writeFile(join(programs, 'loader.efi'), program)
  await symlink(join(directory, 'canary'), join(programs, 'outside'))
})

afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

async function startServer(
  options: Partial<Parameters<typeof startTftpServer>[0]> = {},
): Promise<number> {
  const server = await startTftpServer({
    address: parseIpv4Address('127.0.0.1'),
    port: 0,
    routes: [ownPrograms(programs)],
    mtuBytes: 1500,
    clock: realClock,
    logger: createSilentLogger(),
    events: { record: () => {} },
    ...options,
  })
  servers.push(server)
  return Number(/:(\d+)\//.exec(server.endpoint)?.[1])
}

async function next(client: DatagramClient): Promise<{ packet: TftpPacket; from: number }> {
  const { bytes, from } = await client.next()
  const decoding = decodeTftpPacket(bytes)
  if (!decoding.ok) throw new Error(decoding.reason)
  return { packet: decoding.packet, from: from.port }
}

const ack = (block: number) => encodeTftpPacket({ kind: 'acknowledgement', block })

/** The file block by block; `onBlock` is awaited before each acknowledgement. */
async function fetchFile(
  fileName: string,
  port: number,
  onBlock: (block: number, fromPort: number) => Promise<void> = async () => {},
): Promise<Buffer> {
  await using client = await DatagramClient.open()
  const options = new Map([['blksize', '1400']])
  await client.send(
    encodeTftpPacket({ kind: 'read-request', fileName, mode: 'octet', options }),
    port,
  )
  const pieces: Uint8Array[] = []
  for (;;) {
    const { packet, from } = await next(client)
    if (packet.kind === 'error') throw new Error(packet.message)
    if (packet.kind === 'option-acknowledgement') await client.send(ack(0), from)
    if (packet.kind !== 'data') continue
    await onBlock(packet.block, from)
    if (packet.block === pieces.length + 1) pieces.push(packet.bytes)
    await client.send(ack(packet.block), from)
    if (packet.bytes.length < 1400) return Buffer.concat(pieces)
  }
}

describe(startTftpServer, () => {
  test('T02 a link that leads out of the folder does not exist', async () => {
    const port = await startServer()
    await expect(fetchFile('programs/outside', port)).rejects.toThrow('file not found')
  })

  test('T19 a file that is replaced while it is sent is sent to its end as it was', async () => {
    const port = await startServer()
    await writeFile(join(programs, 'replaced.efi'), program)
    const replace = async (block: number) => {
      if (block !== 3) return
      await writeFile(join(directory, 'new'), randomBytes(100))
      await rename(join(directory, 'new'), join(programs, 'replaced.efi'))
    }
    expect(await fetchFile('programs/replaced.efi', port, replace)).toEqual(program)
    expect(await fetchFile('programs/replaced.efi', port)).toHaveLength(100)
  })

  test.each([
    'programs/loader.efi',
    '/programs/loader.efi',
    'programs\\loader.efi',
    '/boot//programs/./loader.efi',
  ])('C-T11 %s is one and the same file', async (fileName) => {
    const port = await startServer()
    expect(await fetchFile(fileName, port)).toEqual(program)
  })

  test('C-T01 transfers leave from the range of ports that is set', async () => {
    const range = { first: 42_100, last: 42_109 }
    const port = await startServer({ transferPorts: range })
    const used = new Set<number>()
    const note = async (_block: number, from: number) => void used.add(from)
    for (let transfer = 0; transfer < 3; transfer++) {
      await fetchFile('programs/loader.efi', port, note)
    }
    expect([...used].every((from) => from >= range.first && from <= range.last)).toBe(true)
    expect(used.size).toBe(3)
  })

  test('C-T01 with one port for all, transfers leave from the port that was asked', async () => {
    const port = await startServer({ transferPorts: 'single' })
    const used = new Set<number>()
    const note = async (_block: number, from: number) => void used.add(from)
    const fetches = [1, 2, 3].map(() => fetchFile('programs/loader.efi', port, note))
    expect(await Promise.all(fetches)).toEqual([program, program, program])
    expect([...used]).toEqual([port])
  })
})
