import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { MEBIBYTE } from '../../base/byte-size.ts'
import { type Consoles, consolesFileName } from '../../contract/consoles.ts'
import { machineSchema } from '../../contract/machine.ts'
import { askDaemon } from '../../operator-client/daemon-request.ts'
import { openFeed } from '../../operator-client/open-feed.ts'
import { RunWatch, runWatchTopics } from '../../presentation/run-watch.ts'
import { type MachinePlan, planMachine } from '../machine/machine-plan.ts'
import { SimulatedRack } from '../simulated-rack.ts'
import { type DaemonProcess, startDaemon, stopDaemon } from './daemon-process.ts'
import { findFreePorts } from './free-ports.ts'
import { importDiskImage } from './import-disk-image.ts'
import { makeDiskImage } from './make-disk-image.ts'

export interface DemoOptions {
  /** Kept, with logs and disks; a temporary one that is removed in the end where absent. */
  readonly directory?: string
  /** Follows in its own way, until every run has ended; resolves to an exit code. */
  readonly follow?: (socketPath: string) => Promise<number>
  readonly print: (line: string) => void
  readonly signal: AbortSignal
}

const imageName = 'demo-os'
const imageSize = { sizeBytes: 64 * MEBIBYTE, contentBytes: 24 * MEBIBYTE }
const diskBytes = 128 * MEBIBYTE

/**
 * Three simulated machines, from unknown to deployed, by the daemon, the servers, the agent and the
 * writer that ship. One of them loses power in the middle of its write.
 *
 * @returns 0 when all three are deployed
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { print, signal } = options
  const startedMs = performance.now()
  await using place = await openPlace(options.directory)
  const ports = await findFreePorts()
  const machines = join(place.directory, 'machines')
  const plans = [0, 1, 2].map((index) =>
    planMachine(index, {
      ...{ directory: machines, diskBytes, firmware: index === 1 ? 'uefi' : 'bios' },
      fault: index === 2 ? 'power-cut' : 'none',
    }),
  )
  const imageFile = join(place.directory, `${imageName}.raw`)
  const daemonDirectory = join(place.directory, 'daemon')
  await mkdir(daemonDirectory, { recursive: true, mode: 0o700 })
  await writeConsoles(daemonDirectory, plans)
  print('starting a daemon on loopback and making an image of 64 MiB; no rights are needed')
  const [daemon] = await Promise.all([
    startDaemon({ directory: daemonDirectory, ports }),
    makeDiskImage(imageFile, imageSize),
  ])
  await using _running = { [Symbol.asyncDispose]: () => stopDaemon(daemon) }
  await importDiskImage(daemon.connection, { name: imageName, version: '1', file: imageFile })
  await using rack = await SimulatedRack.build({
    plans,
    ports,
    say: (name, line) => void keepConsole(join(machines, name), line),
  })
  await orderDeployments(daemon, plans)
  print(
    'three machines are switched on: node-2 has UEFI, node-3 will lose power while it is written',
  )
  const followed = (options.follow ?? followInLines(print, signal))(daemon.socketPath)
  rack.powerOnAll()
  const exitCode = await Promise.race([followed, rack.failed])
  print(`${((performance.now() - startedMs) / 1000).toFixed(1)} s in all`)
  if (options.directory !== undefined) print(`logs, consoles and disks: ${place.directory}`)
  return exitCode
}

async function openPlace(kept: string | undefined) {
  const directory = kept ?? (await mkdtemp(join(tmpdir(), 'repave-demo-')))
  await rm(join(directory, 'daemon'), { recursive: true, force: true })
  const remove = () => rm(directory, { recursive: true, force: true })
  return {
    directory,
    [Symbol.asyncDispose]: async () => {
      if (kept === undefined) await remove()
    },
  }
}

async function orderDeployments(
  { connection }: DaemonProcess,
  plans: readonly MachinePlan[],
): Promise<void> {
  for (const { name, macAddress } of plans) {
    const body = { name, macAddress, workflow: 'deploy-image', params: { imageName } }
    const request = { method: 'POST', path: '/machines', body } as const
    await askDaemon(connection, request, machineSchema)
  }
}

function followInLines(print: (line: string) => void, signal: AbortSignal) {
  return async (socketPath: string): Promise<number> => {
    const watch = new RunWatch()
    const done = new AbortController()
    const either = AbortSignal.any([signal, done.signal])
    const endpoint = { kind: 'socket', socketPath } as const
    for await (const item of openFeed({ endpoint, topics: runWatchTopics, signal: either })) {
      for (const line of watch.take(item, Date.now())) print(line)
      if (watch.isDone) done.abort()
    }
    print(watch.summary)
    return watch.hasSucceeded ? 0 : 1
  }
}

const consoleLog = 'console.log'

async function keepConsole(directory: string, line: string): Promise<void> {
  await appendFile(join(directory, consoleLog), `${line}\n`).catch(() => undefined)
}

async function writeConsoles(directory: string, plans: readonly MachinePlan[]): Promise<void> {
  const consoles: Consoles = {
    consoles: plans.map((plan) => ({
      macAddress: plan.macAddress,
      logFile: resolve(plan.directory, consoleLog),
    })),
  }
  await writeFile(join(directory, consolesFileName), `${JSON.stringify(consoles)}\n`)
}
