import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ensureDebianPackages } from '../../src/debian/ensure-debian-packages.ts'
import { LineProcess } from '../fakes/line-process.ts'
import {
  connectNamespaces,
  createNetworkNamespace,
  type NetworkNamespace,
} from '../fakes/network-namespace.ts'
import { type Bench, type BenchReport, median } from './bench-report.ts'
import type { TftpServerHealth } from './tftp-server-process.ts'

const rounds = Number(process.env['ROUNDS'] ?? 3)
const windows = [1, 4, 16]
const largeBytes = 50_000_000
const smallBytes = 1_000_000
const parallelTransfers = 100
const blockBytes = 1468

interface Peer {
  readonly name: 'ours' | 'atftpd'
  readonly address: string
}
const ours: Peer = { name: 'ours', address: '10.77.0.1' }
const theirs: Peer = { name: 'atftpd', address: '10.77.0.2' }

/**
 * Boot files over a cable between two namespaces, both servers on the same end of it, with atftp as the
 * client of both:
 *
 *     prov0 10.77.0.1 (ours), 10.77.0.2 (atftpd)  ────────  eth0 10.77.0.9
 */
export const bench: Bench = async (report) => {
  await ensureDebianPackages(['atftp', 'atftpd'], { log: (line) => report.note(line) })
  const folder = await mkdtemp(join(tmpdir(), 'repave-tftp-bench-'))
  try {
    // atftpd reads as nobody.
    await chmod(folder, 0o755)
    await writeFile(join(folder, 'large'), randomBytes(largeBytes))
    await writeFile(join(folder, 'small'), randomBytes(smallBytes))
    await using serverSide = await createNetworkNamespace()
    await using clientSide = await createNetworkNamespace()
    await layCable(serverSide, clientSide)
    await using server = await startOurs(serverSide, folder)
    await using _atftpd = await startAtftpd(serverSide, folder)
    const rack = { clientSide, server, folder }
    for (const window of windows) await compareOne(report, rack, window)
    await compareMany(report, rack)
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Rack {
  readonly clientSide: NetworkNamespace
  readonly server: LineProcess
  readonly folder: string
}

async function layCable(serverSide: NetworkNamespace, clientSide: NetworkNamespace) {
  await connectNamespaces(
    { namespace: serverSide, interfaceName: 'prov0' },
    { namespace: clientSide, interfaceName: 'eth0' },
  )
  for (const { address } of [ours, theirs]) {
    await serverSide.ip('addr', 'add', `${address}/24`, 'dev', 'prov0')
  }
  await clientSide.ip('addr', 'add', '10.77.0.9/24', 'dev', 'eth0')
}

async function startOurs(namespace: NetworkNamespace, folder: string): Promise<LineProcess> {
  const program = join(import.meta.dirname, 'tftp-server-process.ts')
  const server = new LineProcess(
    namespace.start(process.execPath, [program, ours.address, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  await server.take<{ ready?: string }>(({ ready }) => ready !== undefined)
  return server
}

async function startAtftpd(namespace: NetworkNamespace, folder: string): Promise<AsyncDisposable> {
  const options = ['--daemon', '--no-fork', '--maxthread', '250', '--verbose=0', '--logfile']
  const child = namespace.start(
    'atftpd',
    [...options, '/dev/null', '--bind-address', theirs.address, folder],
    { stdio: 'ignore' },
  )
  const exited = once(child, 'exit')
  await once(child, 'spawn')
  await untilServing(namespace, folder)
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function untilServing(namespace: NetworkNamespace, folder: string): Promise<void> {
  for (let tries = 50; ; tries--) {
    const isServing = await namespace
      .run('atftp', ['-g', '-r', 'small', '-l', join(folder, 'got'), theirs.address])
      .then(
        () => true,
        () => false,
      )
    if (isServing) return
    if (tries === 0) throw new Error('atftpd does not answer')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function compareOne(report: BenchReport, rack: Rack, window: number): Promise<void> {
  const figures = { ours: [] as number[], atftpd: [] as number[] }
  await healthOf(rack)
  for (let round = 0; round < rounds; round++) {
    for (const peer of [ours, theirs]) {
      const startMs = performance.now()
      fetchFile(rack, peer, { file: 'large', window, output: join(rack.folder, 'got') })
      figures[peer.name].push(largeBytes / 1000 / (performance.now() - startMs))
      if (round === 0) await checkWhole(rack.folder, peer)
    }
  }
  await tell(report, rack, `50 MB, windows of ${window}`, figures)
}

async function compareMany(report: BenchReport, rack: Rack): Promise<void> {
  const figures = { ours: [] as number[], atftpd: [] as number[] }
  await healthOf(rack)
  for (let round = 0; round < rounds; round++) {
    for (const peer of [ours, theirs]) {
      const startMs = performance.now()
      fetchAtOnce(rack, peer)
      const megabytes = (parallelTransfers * smallBytes) / 1e6
      figures[peer.name].push(megabytes / ((performance.now() - startMs) / 1000))
    }
  }
  await tell(report, rack, `${parallelTransfers} at once, 1 MB each, windows of 4`, figures)
}

interface Wanted {
  readonly file: string
  readonly window: number
  readonly output: string
}

const atftp = ({ address }: Peer, { file, window, output }: Wanted): string[] => [
  ...['-g', '-r', file, '-l', output],
  ...['--option', `blksize ${blockBytes}`, '--option', `windowsize ${window}`, address],
]

function fetchFile({ clientSide }: Rack, peer: Peer, wanted: Wanted): void {
  inside(clientSide, ['atftp', ...atftp(peer, wanted)])
}

/** Fails when any of them fails. */
function fetchAtOnce({ clientSide }: Rack, peer: Peer): void {
  const words = atftp(peer, { file: 'small', window: 4, output: '/dev/null' })
  const command = ['atftp', ...words].map((word) => `'${word}'`).join(' ')
  const script = `pids=; for i in $(seq ${parallelTransfers}); do ${command} & pids="$pids $!"; done
for pid in $pids; do wait $pid || exit 1; done`
  inside(clientSide, ['sh', '-c', script])
}

function inside({ name }: NetworkNamespace, command: readonly string[]): void {
  execFileSync('ip', ['netns', 'exec', name, ...command], { stdio: 'ignore' })
}

async function checkWhole(folder: string, { name }: Peer): Promise<void> {
  const digestOf = async (file: string) =>
    createHash('sha256')
      .update(await readFile(join(folder, file)))
      .digest('hex')
  if ((await digestOf('got')) !== (await digestOf('large'))) {
    throw new Error(`what came from ${name} differs`)
  }
}

async function healthOf({ server }: Rack): Promise<TftpServerHealth> {
  server.say({})
  return server.take<TftpServerHealth>((line) => 'loopDelayP99Ms' in line)
}

async function tell(
  report: BenchReport,
  rack: Rack,
  name: string,
  figures: { readonly ours: readonly number[]; readonly atftpd: readonly number[] },
): Promise<void> {
  const { loopDelayP99Ms, residentMiB } = await healthOf(rack)
  const ratio = median(figures.ours) / median(figures.atftpd)
  report.table(`${name} (medians of ${rounds})`, [
    ['ours MB/s', 'atftpd MB/s', 'ratio', 'event loop p99 ms', 'memory MiB'],
    [median(figures.ours), median(figures.atftpd), ratio, loopDelayP99Ms, residentMiB],
  ])
  report.goal({ name: `${name}: ours / atftpd`, measured: ratio, unit: '×', goal: { atLeast: 1 } })
  report.goal({
    name: `${name}: event loop p99`,
    measured: loopDelayP99Ms,
    unit: 'ms',
    goal: { atMost: 50 },
  })
}
