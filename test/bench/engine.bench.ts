import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { machineSchema } from '../../src/contract/machine.ts'
import { askDaemon, type DaemonConnection } from '../../src/operator-client/daemon-request.ts'
import {
  type DaemonProcess,
  startDaemon,
  stopDaemon,
} from '../../src/simulator/demo/daemon-process.ts'
import { findFreePorts } from '../../src/simulator/demo/free-ports.ts'
import { importDiskImage } from '../../src/simulator/demo/import-disk-image.ts'
import { makeDiskImage } from '../../src/simulator/demo/make-disk-image.ts'
import { planMachine } from '../../src/simulator/machine/machine-plan.ts'
import type { Bench, BenchReport } from './bench-report.ts'
import { ApiProbe, quantile } from './engine/api-probe.ts'
import { processCost } from './engine/process-cost.ts'
import type { RackOrder } from './engine/rack-process.ts'

const workflow = 'eight-tasks'
const imageName = 'small-os'
const machinesPerProcess = 500
const rackProgram = join(import.meta.dirname, 'engine/rack-process.ts')
const contentDirectory = join(import.meta.dirname, 'engine/content')
/** After which those that are not deployed count as lost; a thousand take some minutes. */
const patienceMs = 20 * 60_000
/** Requests that add machines at a time. */
const addedAtOnce = 8

/**
 * Simulated machines run an eight-task workflow against one daemon, all at once. `npm run bench --
 * engine COUNT` takes another number of them than 1,000.
 */
export const bench: Bench = async (report) => {
  const count = Number(process.argv[3] ?? 1000)
  await using place = openPlace()
  const ports = await findFreePorts()
  const [daemon] = await Promise.all([
    startDaemon({ directory: place.daemon, ports, contentDirectory }),
    makeDiskImage(place.image, { sizeBytes: 2 * MEBIBYTE, contentBytes: MEBIBYTE / 4 }),
  ])
  await using _running = { [Symbol.asyncDispose]: () => stopDaemon(daemon) }
  const { connection } = daemon
  await importDiskImage(connection, { name: imageName, version: '1', file: place.image })
  const orders = Array.from({ length: Math.ceil(count / machinesPerProcess) }, (_value, index) => ({
    ...{ directory: place.machines, ports, first: index * machinesPerProcess },
    count: Math.min(machinesPerProcess, count - index * machinesPerProcess),
  }))
  await using racks = await startRacks(orders)
  await measure(report, { daemon, racks, count })
}

interface Load {
  readonly daemon: DaemonProcess
  readonly racks: Racks
  readonly count: number
}

async function measure(report: BenchReport, { daemon, racks, count }: Load): Promise<void> {
  const { connection } = daemon
  const pid = daemon.child.pid ?? 0
  const idle = processCost(pid)
  const addingMs = performance.now()
  await addMachines(connection, count)
  const added = processCost(pid)
  const runningMs = performance.now()
  const paths = ['/status', '/machines/node-1', `/machines/node-${count}`, '/machines/node-2']
  const latenciesMs: number[] = []
  {
    await using probe = new ApiProbe(connection, paths)
    await racks.deployAll()
    latenciesMs.push(...probe.latenciesMs)
  }
  const endedMs = performance.now()
  const done = processCost(pid)
  const succeeded = await countDeployed(connection, count)
  const cpuSeconds = done.cpuSeconds - idle.cpuSeconds
  report.table(`${count} simulated machines, ${workflow}`, [
    ['', 'wall s', 'daemon CPU s', 'daemon peak MiB'],
    ['idle', 0, idle.cpuSeconds, idle.peakMebibytes],
    [
      'added',
      (runningMs - addingMs) / 1000,
      added.cpuSeconds - idle.cpuSeconds,
      added.peakMebibytes,
    ],
    [
      'deployed',
      (endedMs - runningMs) / 1000,
      done.cpuSeconds - added.cpuSeconds,
      done.peakMebibytes,
    ],
  ])
  report.table('API meanwhile', [
    ['requests', 'p50 ms', 'p99 ms', 'longest ms'],
    [
      latenciesMs.length,
      quantile(latenciesMs, 0.5),
      quantile(latenciesMs, 0.99),
      quantile(latenciesMs, 1),
    ],
  ])
  report.goal({ name: 'deployed', measured: succeeded, unit: '', goal: { atLeast: count } })
  report.goal({ name: 'daemon CPU', measured: cpuSeconds, unit: 's', goal: { atMost: 60 } })
  report.goal({
    name: 'daemon memory',
    measured: done.peakMebibytes,
    unit: 'MiB',
    goal: { atMost: 400 },
  })
  report.goal({
    name: 'API p99',
    measured: quantile(latenciesMs, 0.99),
    unit: 'ms',
    goal: { atMost: 50 },
  })
}

/** In memory where the host lets us: it is the daemon that is measured, and not a disk. */
function openPlace() {
  const directory = mkdtempSync(join(tmpdir(), 'repave-engine-'))
  const memory = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/repave-engine-') : directory
  return {
    daemon: directory,
    machines: join(memory, 'machines'),
    image: join(directory, 'small-os.raw'),
    [Symbol.asyncDispose]: async () => {
      for (const folder of [directory, memory]) rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function addMachines(connection: DaemonConnection, count: number): Promise<void> {
  const plans = Array.from({ length: count }, (_value, index) =>
    planMachine(index, { directory: '', diskBytes: 0 }),
  )
  const addNext = async (): Promise<void> => {
    for (let plan = plans.pop(); plan !== undefined; plan = plans.pop()) {
      const { name, macAddress } = plan
      const body = { name, macAddress, workflow, params: { imageName } }
      await askDaemon(connection, { method: 'POST', path: '/machines', body }, machineSchema)
    }
  }
  await Promise.all(Array.from({ length: addedAtOnce }, addNext))
}

async function countDeployed(connection: DaemonConnection, count: number): Promise<number> {
  let deployed = 0
  for (let index = 1; index <= count; index++) {
    const { state } = await askDaemon(
      connection,
      { path: `/machines/node-${index}` },
      machineSchema,
    )
    if (state === 'deployed') deployed++
  }
  return deployed
}

interface Racks extends AsyncDisposable {
  /** Switches all machines on; resolves when the last one has called home, or patience has ended. */
  deployAll(): Promise<void>
}

async function startRacks(orders: readonly RackOrder[]): Promise<Racks> {
  const racks = orders.map((order) => {
    const child = spawn(process.execPath, [rackProgram, JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    return { order, child, lines: createInterface({ input: child.stdout }) }
  })
  await Promise.all(racks.map(({ lines, child }) => untilSaid(lines, child, 1)))
  return {
    deployAll: async () => {
      const ends = racks.map(({ lines, child, order }) => untilSaid(lines, child, order.count))
      for (const { child } of racks) child.stdin.write('on\n')
      const late = new AbortController()
      await Promise.race([
        Promise.all(ends),
        sleep(patienceMs, undefined, { signal: late.signal }).catch(() => undefined),
      ])
      late.abort()
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(racks.map(({ child }) => end(child)))
    },
  }
}

/** @throws {Error} when the program ends before it has said so many lines */
async function untilSaid(lines: Interface, child: ChildProcess, lineCount: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let said = 0
  const hear = () => {
    if (++said >= lineCount) resolve()
  }
  const leave = () => reject(new Error('a rack has ended by itself'))
  lines.on('line', hear)
  child.once('exit', leave)
  try {
    await promise
  } finally {
    lines.off('line', hear)
    child.off('exit', leave)
  }
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.stdin?.end()
  if (child.exitCode === null) await gone
}
