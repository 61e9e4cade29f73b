import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ensureDebianPackages } from '../../src/debian/ensure-debian-packages.ts'
import { connectNamespaces, createNetworkNamespace } from '../fakes/network-namespace.ts'
import { type Bench, type BenchReport, median } from './bench-report.ts'
import { type DhcpBenchServer, startDnsmasq, startKea, startOurs } from './dhcp/bench-servers.ts'
import { type LoadFigures, percentile, runPerfdhcp } from './dhcp/run-perfdhcp.ts'

const rounds = Number(process.env['ROUNDS'] ?? 3)
/** Exchanges a second that are asked for; the figure of a server is the most that it completed. */
const rates = [2000, 4000, 6000, 8000, 10_000, 12_000]
const steadyRate = 1000
const storedLeases = 50_000

/**
 * Leases from nothing to ACK, by a relay, for as many new clients as the load generator can make: ours
 * with each lease synced to the disk before its ACK, Kea with its file and two threads, dnsmasq.
 */
export const bench: Bench = async (report) => {
  await ensureDebianPackages(['kea-dhcp4-server', 'kea-admin', 'dnsmasq-base'], {
    log: (line) => report.note(line),
  })
  const folder = await mkdtemp(join(tmpdir(), 'repave-dhcp-bench-'))
  await using serverSide = await createNetworkNamespace()
  await using loadSide = await createNetworkNamespace()
  await connectNamespaces(
    { namespace: serverSide, interfaceName: 'prov0' },
    { namespace: loadSide, interfaceName: 'eth0' },
  )
  await serverSide.ip('address', 'add', '10.77.0.1/16', 'dev', 'prov0')
  await loadSide.ip('address', 'add', '10.77.1.1/16', 'dev', 'eth0')
  const place = { serverSide, loadSide, folder }
  try {
    await mostExchanges(report, place)
    await steadyLoad(report, place)
    await restart(report, place)
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Place {
  readonly serverSide: Awaited<ReturnType<typeof createNetworkNamespace>>
  readonly loadSide: Awaited<ReturnType<typeof createNetworkNamespace>>
  readonly folder: string
}

const servers = { ours: startOurs, kea: startKea, dnsmasq: startDnsmasq }

async function mostExchanges(report: BenchReport, place: Place): Promise<void> {
  const best: Record<keyof typeof servers, number[]> = { ours: [], kea: [], dnsmasq: [] }
  const rows: (string | number)[][] = [['server', ...rates.map((rate) => `at ${rate}/s`)]]
  let health = { loopDelayP99Ms: 0, residentMiB: 0 }
  for (let round = 0; round < rounds; round++) {
    for (const [name, start] of Object.entries(servers) as [
      keyof typeof servers,
      typeof startOurs,
    ][]) {
      await using server: DhcpBenchServer = await start(place)
      const completed: number[] = []
      for (const [index, rate] of rates.entries()) {
        const load = { rate, seconds: 4, firstClient: index * 8192, clients: 8192 }
        completed.push((await runPerfdhcp(place.loadSide, load)).exchangesPerSecond)
      }
      best[name].push(Math.max(...completed))
      rows.push([`${name}, round ${round + 1}`, ...completed])
      health = (await server.health?.()) ?? health
    }
  }
  report.table('leases a second', rows)
  const [ours, kea, dnsmasq] = [best.ours, best.kea, best.dnsmasq].map(median)
  report.goal({
    name: 'leases a second: ours / Kea',
    measured: (ours ?? 0) / (kea ?? 1),
    unit: 'x',
    goal: { atLeast: 1 },
  })
  report.goal({
    name: 'leases a second: ours / dnsmasq',
    measured: (ours ?? 0) / (dnsmasq ?? 1),
    unit: 'x',
    goal: { atLeast: 3 },
  })
  const loop = { name: 'event loop delay, p99, overloaded', measured: health.loopDelayP99Ms }
  report.goal({ ...loop, unit: 'ms', goal: { atMost: 50 } })
  report.note(`resident memory after it: ${Math.round(health.residentMiB)} MiB`)
}

async function steadyLoad(report: BenchReport, place: Place): Promise<void> {
  const load = { rate: steadyRate, seconds: 8, firstClient: 8192, clients: 8192, isTimed: true }
  const before = { rate: steadyRate, seconds: 2, firstClient: 0, clients: 8192 }
  const rows: (string | number)[][] = [['server', 'ACK p50 ms', 'ACK p99 ms', 'lost']]
  let ours: LoadFigures | undefined
  for (const [name, start] of [
    ['ours', startOurs],
    ['kea', startKea],
  ] as const) {
    await using _server = await start(place)
    await runPerfdhcp(place.loadSide, before)
    const figures = await runPerfdhcp(place.loadSide, load)
    if (name === 'ours') ours = figures
    const { ackDelaysMs } = figures
    rows.push([name, percentile(ackDelaysMs, 50), percentile(ackDelaysMs, 99), figures.lost])
  }
  report.table(`ACK at ${steadyRate} exchanges a second, after two seconds of them`, rows)
  report.goal({
    name: `ACK at ${steadyRate}/s, p99`,
    measured: percentile(ours?.ackDelaysMs ?? [], 99),
    unit: 'ms',
    goal: { atMost: 20 },
  })
}

async function restart(report: BenchReport, place: Place): Promise<void> {
  const databasePath = join(place.folder, 'restart.db')
  {
    await using _filled = await startOurs(place, { databasePath, storedLeases })
  }
  const program = join(import.meta.dirname, 'dhcp/first-answer-process.ts')
  const started = performance.now()
  const answered = place.loadSide.run(process.execPath, [program])
  await using _server = await startOurs(place, { databasePath })
  await answered
  report.goal({
    name: `restart with ${storedLeases} leases to the first answer`,
    measured: (performance.now() - started) / 1000,
    unit: 's',
    goal: { atMost: 2 },
  })
}
