import { setTimeout as sleep } from 'node:timers/promises'

import { machineListSchema } from '../../src/contract/api-documents.ts'
import type { RepaveEvent } from '../../src/contract/event.ts'
import { runSchema } from '../../src/contract/run.ts'
import {
  askDaemon,
  type DaemonConnection,
  readJson,
  sendRequest,
} from '../../src/operator-client/daemon-request.ts'
import type { MachineFault } from '../../src/simulator/machine/machine-fault.ts'
import { manufactureMachine } from '../../src/simulator/machine/simulated-hardware.ts'
import { openSimulatedSite, simulatedImage, type SimulatedSite } from '../fakes/simulated-site.ts'
import { Random } from '../fakes/seeded-random.ts'
import type { TortureOptions } from './tally.ts'

/** What came of it. */
export interface KillTortureResult {
  readonly kills: number
  /** What the daemon had told and did not know any more, a line each. */
  readonly lostWrites: readonly string[]
  readonly deployments: number
  /** Machines that were not deployed in the end. */
  readonly undeployed: readonly string[]
  /** From its start to its first answer, of the slowest restart. */
  readonly slowestStartMs: number
}

const machineCount = 4
const longestPauseMs = 800
const deployedWithinMs = 180_000
const goalStartMs = 2000
const killsInALook = 25
/** More events than between two kills. */
const recentEvents = 2000

/** Kills the daemon `count` times. @returns whether nothing was lost, and each start was fast enough */
export async function tortureByKill(options: TortureOptions): Promise<boolean> {
  const { print, seed } = options
  const result = await killWhileDeploying(options)
  for (const line of [...result.lostWrites, ...result.undeployed]) print(`lost: ${line}`)
  const start = `slowest start ${Math.round(result.slowestStartMs)} ms of ${goalStartMs}`
  print(
    `${result.kills} kills, ${result.deployments} deployments, ${result.lostWrites.length} writes lost, ${result.undeployed.length} machines not deployed, ${start} (seed ${seed})`,
  )
  const isWhole = result.lostWrites.length === 0 && result.undeployed.length === 0
  return isWhole && result.slowestStartMs <= goalStartMs
}

/**
 * Kills the daemon at moments drawn by chance while simulated machines deploy, again and again: what it
 * has told must be there afterwards, and every machine must end deployed without help.
 */
export async function killWhileDeploying({
  count,
  seed,
  print,
}: TortureOptions): Promise<KillTortureResult> {
  const random = new Random(seed)
  const faults = Array.from({ length: machineCount }, (_value, index): MachineFault =>
    index === 0 ? 'power-cut' : 'none',
  )
  await using site = await openSimulatedSite(faults)
  const ledger = new Ledger()
  const lostWrites: string[] = []
  let slowestStartMs = 0
  let deployments = machineCount
  site.rack.powerOnAll()
  for (let kills = 1; kills <= count; kills++) {
    await Promise.race([sleep(random.fraction() * longestPauseMs), site.rack.failed])
    await ledger.read(site.daemon.connection)
    slowestStartMs = Math.max(slowestStartMs, await site.killDaemon())
    // What is lost stays lost: now and then everything is looked at, and each time what was told last.
    const isWholeLook = kills % killsInALook === 0 || kills === count
    const lost = await ledger.missing(site.daemon.connection, isWholeLook ? 0 : ledger.recentSeq)
    lostWrites.push(...lost)
    deployments += await deployAgain(site, ledger)
    if (isWholeLook) {
      const slowest = `slowest start ${Math.round(slowestStartMs)} ms`
      print(`${kills} kills, ${lostWrites.length} writes lost, ${slowest}`)
    }
  }
  const undeployed = await waitUntilDeployed(site)
  return { kills: count, lostWrites, deployments, undeployed, slowestStartMs }
}

/** What the daemon has told, event by event and run by run: what it has told once it must know for ever. */
class Ledger {
  readonly #events = new Map<number, string>()
  /** Those that it has said yes to since events were last compared. */
  readonly #runsToFind = new Set<string>()

  /** A run that it has said yes to. */
  addRun(id: string): void {
    this.#runsToFind.add(id)
  }

  /** Events behind it were told since about the last kill. */
  get recentSeq(): number {
    return Math.max(0, this.#events.size - recentEvents)
  }

  async read(connection: DaemonConnection): Promise<void> {
    for (const event of await eventsSince(connection, this.#events.size)) {
      this.#events.set(event.seq, JSON.stringify(event))
    }
  }

  /** A line for each thing behind event `since` that was told and is gone, or is another by now. */
  async missing(connection: DaemonConnection, since: number): Promise<string[]> {
    const now = new Map<number, string>()
    for (const event of await eventsSince(connection, since)) {
      now.set(event.seq, JSON.stringify(event))
      this.#runsToFind.delete(event.runId ?? '')
    }
    const told = [...this.#events].slice(since)
    const lostRuns = [...this.#runsToFind].map((id) => `run ${id}`)
    this.#runsToFind.clear()
    return [
      ...told.flatMap(([seq, event]) =>
        now.get(seq) === event ? [] : [`event ${seq}: ${event.slice(0, 200)}`],
      ),
      ...lostRuns,
    ]
  }
}

async function eventsSince(connection: DaemonConnection, seq: number): Promise<RepaveEvent[]> {
  const events: RepaveEvent[] = []
  for (let since = seq, isMore = true; isMore;) {
    const path = `/events?since=${since}&limit=1000`
    // They are compared letter by letter: that they fit their schema is known elsewhere.
    const response = await sendRequest(connection, { path, end: (query) => query.end() })
    const page = (await readJson(response)) as { items: RepaveEvent[]; next?: number }
    events.push(...page.items)
    since = page.next ?? since
    isMore = page.items.length > 0
  }
  return events
}

/** Machines that are not deployed by their newest run, and what they are instead. */
async function machinesUndone(connection: DaemonConnection): Promise<ReadonlyMap<string, string>> {
  const machines = await askDaemon(connection, { path: '/machines' }, machineListSchema)
  const undone = new Map<string, string>()
  for (const { name, state, runId } of machines.items) {
    const run = await askDaemon(connection, { path: `/runs/${runId}` }, runSchema)
    if (state === 'deployed' && run.state === 'succeeded') continue
    const { code = '', message = '' } = run.failure ?? {}
    undone.set(name, `${state}, its run ${run.state} ${code} ${message}`)
  }
  return undone
}

/** What is deployed gets an empty disk and is ordered anew. @returns how many machines */
async function deployAgain(site: SimulatedSite, ledger: Ledger): Promise<number> {
  const { connection } = site.daemon
  const undone = await machinesUndone(connection)
  const plans = site.plans.filter(({ name }) => !undone.has(name))
  for (const plan of plans) {
    await site.rack.powerOff(plan)
    await manufactureMachine(plan)
    const params = { imageName: simulatedImage }
    const body = { machine: plan.name, workflow: 'deploy-image', params }
    ledger.addRun(
      (await askDaemon(connection, { method: 'POST', path: '/runs', body }, runSchema)).id,
    )
    site.rack.powerOn(plan)
  }
  return plans.length
}

/** @returns the machines that are not deployed after all that time, and what they are instead */
async function waitUntilDeployed({ daemon, rack }: SimulatedSite): Promise<string[]> {
  const deadlineMs = performance.now() + deployedWithinMs
  for (;;) {
    const undone = await machinesUndone(daemon.connection)
    if (undone.size === 0 || performance.now() > deadlineMs) {
      return [...undone].map(([name, state]) => `${name} is ${state}`)
    }
    await Promise.race([sleep(250), rack.failed])
  }
}
