import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { fromHex } from '../../../src/base/hex.ts'
import { parseIpv4Address } from '../../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../../src/base/mac-address.ts'
import { machineSchema } from '../../../src/contract/machine.ts'
import { BootAttempts } from '../../../src/daemon/domain/bootenv/boot-attempts.ts'
import { NetworkPlaces } from '../../../src/daemon/domain/bootenv/network-places.ts'
import { BootFileDesk } from '../../../src/daemon/domain/bootenv/boot-file-desk.ts'
import type { BootFileRoute } from '../../../src/daemon/servers/boot-files/boot-file.ts'
import { bootScript, grubBootScript } from '../../../src/daemon/servers/boot-files/boot-script.ts'
import { loadIpxeBinaries } from '../../../src/daemon/servers/boot-files/ipxe-binaries.ts'
import { ownPrograms } from '../../../src/daemon/servers/boot-files/own-programs.ts'
import { signedBootDisk } from '../../../src/daemon/servers/boot-files/signed-boot-disk.ts'
import { loadSignedPrograms } from '../../../src/daemon/servers/boot-files/signed-programs.ts'
import { sledgehammerFiles } from '../../../src/daemon/servers/boot-files/sledgehammer-files.ts'
import { startScripts } from '../../../src/daemon/servers/boot-files/start-scripts.ts'
import { emptyReply } from '../../../src/daemon/servers/dhcp/dhcp-exchange.ts'
import { bootFileLink } from '../../../src/daemon/servers/dhcp/links/boot-file-link.ts'
import { createProvisioningServer } from '../../../src/daemon/servers/http/provisioning-server.ts'
import type { RunningServer } from '../../../src/daemon/servers/running-server.ts'
import { startTftpServer } from '../../../src/daemon/servers/tftp/tftp-server.ts'
import { ensureDebianPackages } from '../../../src/debian/ensure-debian-packages.ts'
import { decodePacket } from '../../../src/protocol/dhcpv4/decode-packet.ts'
import { decodeTftpPacket } from '../../../src/protocol/tftp/decode-tftp-packet.ts'
import { DatagramClient } from '../../fakes/datagram-client.ts'
import { dhcpExchange } from '../../fakes/dhcp-exchange.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'
import {
  type BootStep,
  type BootVector,
  readBootVectors,
} from '../../vectors/boots/read-boot-vector.ts'

const provisioningUrl = 'http://10.77.0.1:8090'
const serverAddress = parseIpv4Address('10.77.0.1')
const events = { record: () => {} }
let directory: string
let tftp: RunningServer
let http: RunningServer

beforeAll(async () => {
  const packages = ['ipxe', 'shim-signed', 'grub-efi-amd64-signed']
  await ensureDebianPackages(packages, { log: () => {} })
  directory = await mkdtemp(join(tmpdir(), 'repave-boots-'))
  for (const name of ['vmlinuz', 'initramfs.zst', 'arm64.efi']) {
    await using file = await open(join(directory, name), 'w')
    await file.truncate(3_000_000)
  }
  const routes = await allRoutes()
  const common = { routes, events, clock: realClock, logger: createSilentLogger() }
  const address = parseIpv4Address('127.0.0.1')
  tftp = await startTftpServer({ ...common, address, port: 0, mtuBytes: 1500 })
  const provisioning = await createProvisioningServer({ ...common, host: address, port: 0 })
  provisioning.app.get('/agent/v1/ws', async () => '')
  http = await provisioning.listen()
})

afterAll(async () => {
  await tftp[Symbol.asyncDispose]()
  await http[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

/** Those of the daemon. */
async function allRoutes(): Promise<BootFileRoute[]> {
  const scripts = {
    decider: {
      decideScript: async () =>
        ({ target: 'local-disk', machineName: 'node-1', because: 'deployed' }) as const,
    },
    baseUrl: provisioningUrl,
    serverAddress,
    clock: realClock,
    logger: createSilentLogger(),
  }
  const signed = await loadSignedPrograms()
  return [
    (await loadIpxeBinaries()).route,
    ...(signed === undefined ? [] : [signed.route]),
    startScripts(provisioningUrl, serverAddress),
    bootScript(scripts),
    grubBootScript(scripts),
    signedBootDisk({ ...scripts, sledgehammerDirectory: directory }),
    sledgehammerFiles(directory),
    ownPrograms(directory),
  ]
}

const stepsOf = <Kind extends BootStep['kind']>({ steps }: BootVector, kind: Kind) =>
  steps.filter((step): step is Extract<BootStep, { kind: Kind }> => step.kind === kind)

const portOf = ({ endpoint }: RunningServer) => Number(/:(\d+)\//.exec(endpoint)?.[1])

/** The answers of one DHCP server from the machine's first packet on. */
function offeredFiles(vector: BootVector): string[] {
  const machine = machineSchema.parse({
    id: '00000000-0000-4000-8000-000000000000',
    name: 'node-1',
    state: 'discovering',
    macAddresses: [parseMacAddress(vector.macAddress)],
    onBoot: 'local',
    createdAtMs: 0,
    lastSeenAtMs: 0,
    revision: 0,
    ...(vector.bootPrograms === undefined ? {} : { bootPrograms: vector.bootPrograms }),
  })
  const desk = new BootFileDesk({
    provisioningUrl,
    serverAddress,
    state: { machineAt: () => machine, runOf: () => undefined },
    attempts: new BootAttempts(realClock),
    places: new NetworkPlaces(),
    events,
    clock: realClock,
    hasSignedPrograms: true,
  })
  const link = bootFileLink(desk)
  return stepsOf(vector, 'dhcp').map(({ request }) => {
    const decoding = decodePacket(fromHex(request))
    if (!decoding.ok) throw new Error(decoding.reason)
    const verdict = link(dhcpExchange(decoding.packet), emptyReply())
    if (verdict instanceof Promise || verdict.kind !== 'continue') throw new Error('no reply')
    return verdict.reply.bootFileName
  })
}

/** What firmware sees of an answer: its kind, and of an OACK what it asked for, except how large the file is. */
function answerFacts(answer: Uint8Array | 'data'): unknown {
  if (answer === 'data') return { kind: 'data' }
  const decoding = decodeTftpPacket(answer)
  if (!decoding.ok) throw new Error(decoding.reason)
  const { packet } = decoding
  if (packet.kind !== 'option-acknowledgement') return { kind: packet.kind }
  const options = [...packet.options].map(([name, value]) => [name, name === 'tsize' ? '' : value])
  return { kind: packet.kind, options }
}

interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly contentLength: number
}

/** One answer with its whole body. */
async function ask(socket: Socket, request: string): Promise<HttpAnswer> {
  let head = ''
  let missing = Infinity
  let answer: HttpAnswer | undefined
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const onData = (piece: Buffer) => {
    if (answer === undefined) {
      head += piece.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return
      const value = (name: string) => new RegExp(`^${name}: (.*?)\\r?$`, 'im').exec(head)?.[1] ?? ''
      const contentLength = Number(value('content-length'))
      answer = {
        status: Number(head.slice(9, 12)),
        contentType: value('content-type'),
        contentLength,
      }
      missing = (request.startsWith('HEAD') ? 0 : contentLength) - (head.length - end - 4)
    } else {
      missing -= piece.length
    }
    if (missing <= 0) resolve(answer)
  }
  socket.on('data', onData)
  const onClose = () => reject(new Error(`closed after ${head}`))
  socket.once('close', onClose)
  socket.write(request, 'latin1')
  try {
    return await promise
  } finally {
    socket.off('data', onData).off('close', onClose)
  }
}

describe.each(readBootVectors())('the boot of $machine', (vector) => {
  test('is offered the same boot files as when it was recorded', () => {
    expect(offeredFiles(vector)).toEqual(stepsOf(vector, 'dhcp').map((step) => step.bootFileName))
  })

  test('is answered alike over TFTP, and what it ends on purpose is no failure', async () => {
    for (const step of stepsOf(vector, 'tftp')) {
      await using client = await DatagramClient.open()
      await client.send(fromHex(step.request), portOf(tftp))
      const { bytes, from } = await client.next()
      const recorded = step.answer === 'data' ? step.answer : fromHex(step.answer)
      expect(answerFacts(bytes)).toEqual(answerFacts(recorded))
      const failed = tftp.counters()['tftp.failed']
      const ending = step.ending ?? '000500000000'
      await client.send(fromHex(ending), from.port)
      await expect.poll(() => tftp.counters()['tftp.active']).toBe(0)
      if (step.ending !== undefined) expect(tftp.counters()['tftp.failed']).toBe(failed)
    }
  })

  test('C-H01 C-H03 C-H05 C-H07 is answered alike over HTTP, on the connections it kept', async () => {
    const steps = stepsOf(vector, 'http')
    for (const connection of new Set(steps.map((step) => step.connection))) {
      const socket = connect(portOf(http), '127.0.0.1')
      await once(socket, 'connect')
      let last: HttpAnswer | undefined
      let lastRequest = ''
      for (const step of steps.filter((other) => other.connection === connection)) {
        const answer = await ask(socket, step.request)
        expect(answer).toMatchObject({ status: step.status, contentType: step.contentType })
        if (lastRequest === step.request.replace(/^GET/, 'HEAD')) expect(answer).toEqual(last)
        last = answer
        lastRequest = step.request
      }
      socket.destroy()
    }
  })
})
