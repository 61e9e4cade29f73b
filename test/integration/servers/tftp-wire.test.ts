import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startTftpServer } from '../../../src/daemon/servers/tftp/tftp-server.ts'
import { ensureDebianPackages } from '../../../src/debian/ensure-debian-packages.ts'
import { LineProcess } from '../../fakes/line-process.ts'
import { connectNamespaces, createNetworkNamespace } from '../../fakes/network-namespace.ts'

const run = promisify(execFile)
const serverProgram = join(import.meta.dirname, '../../bench/tftp-server-process.ts')
let folder: string
let wanted: string

const digestOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

beforeAll(async () => {
  await ensureDebianPackages(['atftp', 'curl', 'tcpdump'], { log: () => undefined })
  folder = await mkdtemp(join(tmpdir(), 'repave-tftp-wire-'))
  await writeFile(join(folder, 'program'), randomBytes(400_001))
  wanted = await digestOf(join(folder, 'program'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A server and a client at the two ends of a cable, with a capture of what arrives at the client's. */
async function cable(mtuBytes: number) {
  const parts = new AsyncDisposableStack()
  const serverSide = parts.use(await createNetworkNamespace())
  const clientSide = parts.use(await createNetworkNamespace())
  await connectNamespaces(
    { namespace: serverSide, interfaceName: 'prov0' },
    { namespace: clientSide, interfaceName: 'eth0' },
  )
  await serverSide.ip('addr', 'add', '10.77.0.1/24', 'dev', 'prov0')
  await clientSide.ip('addr', 'add', '10.77.0.9/24', 'dev', 'eth0')
  await serverSide.ip('link', 'set', 'prov0', 'mtu', String(mtuBytes))
  await clientSide.ip('link', 'set', 'eth0', 'mtu', String(mtuBytes))
  const server = new LineProcess(
    serverSide.start(process.execPath, [serverProgram, '10.77.0.1', folder, String(mtuBytes)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  parts.use(server)
  await server.take<{ ready?: string }>(({ ready }) => ready !== undefined)
  return { clientSide, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

describe(startTftpServer, () => {
  test.each([
    { mtuBytes: 576, blockBytes: 65_464, window: 4 },
    { mtuBytes: 1500, blockBytes: 65_464, window: 4 },
    { mtuBytes: 1500, blockBytes: 1468, window: 16 },
    { mtuBytes: 9000, blockBytes: 65_464, window: 4 },
    { mtuBytes: 1500, blockBytes: 8, window: 4 },
  ])(
    'T04 C-T04 blocks of $blockBytes in windows of $window on an MTU of $mtuBytes: no datagram is cut in two',
    async ({ mtuBytes, blockBytes, window }) => {
      await using site = await cable(mtuBytes)
      const { clientSide } = site
      const capture = join(folder, `${mtuBytes}-${blockBytes}.pcap`)
      const tcpdump = clientSide.start('tcpdump', [
        ...['-U', '--immediate-mode', '-i', 'eth0', '-w', capture, 'udp'],
      ])
      const exited = once(tcpdump, 'exit')
      await once(tcpdump.stderr ?? tcpdump, 'data')
      const output = join(folder, `${mtuBytes}-${blockBytes}`)
      const options = ['--option', `blksize ${blockBytes}`, '--option', `windowsize ${window}`]
      // Of a few bytes each, a whole program would take minutes.
      const file = blockBytes === 8 ? 'short' : 'program'
      await writeFile(join(folder, 'short'), randomBytes(1003))
      await clientSide.run('atftp', ['-g', '-r', file, '-l', output, ...options, '10.77.0.1'])
      tcpdump.kill('SIGINT')
      await exited
      expect(await digestOf(output)).toBe(await digestOf(join(folder, file)))
      const count = async (filter: string) =>
        (await run('tcpdump', ['-n', '-r', capture, filter])).stdout.split('\n').length - 1
      expect(await count('src host 10.77.0.1')).toBeGreaterThan(1)
      // More fragments to come, or not the first.
      expect(await count('ip[6:2] & 0x3fff != 0')).toBe(0)
    },
  )

  test('T10 C-T06 block numbers go round on the wire, and every byte arrives', async () => {
    await using site = await cable(1500)
    await writeFile(join(folder, 'long'), randomBytes(512 * 66_000 + 7))
    const output = join(folder, 'long.got')
    const options = ['--option', 'blksize 512', '--option', 'windowsize 32']
    await site.clientSide.run('atftp', ['-g', '-r', 'long', '-l', output, ...options, '10.77.0.1'])
    expect(await digestOf(output)).toBe(await digestOf(join(folder, 'long')))
  })

  test('curl takes the same bytes at the same time as nine others', async () => {
    await using site = await cable(1500)
    const outputs = Array.from({ length: 10 }, (_, index) => join(folder, `curl-${index}`))
    await Promise.all(
      outputs.map((output) =>
        site.clientSide.run('curl', ['-sS', '-o', output, 'tftp://10.77.0.1/program']),
      ),
    )
    for (const output of outputs) expect(await digestOf(output)).toBe(wanted)
  })
})
