import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import type { Bench, BenchReport } from './bench-report.ts'

const subscribers = 100
const stalledSubscribers = 50
const eventsPerSecond = 10_000
const seconds = 10
const replayedEvents = 1_000_000

interface Measured {
  readonly seconds: number
  readonly frames: number
  readonly lagging: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly gaps: number
}

interface ServerFacts {
  /** Resident bytes: what the collector has not given back is among them, whoever is connected. */
  readonly rss: number
  /** Bytes that are alive after a collection, on the heap and beside it. */
  readonly held: number
  readonly cpuMs: number
}

/** The event log to many operators at once: a real database, real websockets, everything on disk first. */
export const bench: Bench = async (report) => {
  await live(report)
  await replay(report)
}

async function live(report: BenchReport): Promise<void> {
  await using server = await Program.start('event-server-process.ts')
  const total = eventsPerSecond * seconds
  const clients = await server.clients(subscribers, total, 'read')
  const before = await server.ask('memory')
  const paced = server.ask(`pace ${eventsPerSecond} ${seconds / 2}`)
  await paced
  const alone = await server.ask('memory')
  const stalled = await server.clients(stalledSubscribers, total, 'stall')
  const after = await server.ask(`pace ${eventsPerSecond} ${seconds / 2}`)
  const measured = await clients.result()
  const loaded = await server.ask('memory')
  await stalled.end()
  report.table(
    `${eventsPerSecond} events/s to ${subscribers} subscribers, ${stalledSubscribers} more that do not read in the second half`,
    [
      ['p50 ms', 'p99 ms', 'max ms', 'lagging', 'CPU s', 'resident MiB', 'gaps'],
      [
        ...[measured.p50Ms, measured.p99Ms, measured.maxMs, measured.lagging],
        ...[(after.cpuMs - before.cpuMs) / 1000, loaded.rss / 2 ** 20, measured.gaps],
      ],
    ],
  )
  report.goal({
    name: 'p99 from append to subscriber',
    measured: measured.p99Ms,
    unit: 'ms',
    goal: { atMost: 100 },
  })
  report.goal({
    name: 'events left out or told twice',
    measured: measured.gaps,
    unit: '',
    goal: { atMost: 0 },
  })
  report.goal({
    name: 'memory of a subscriber that does not read',
    measured: (loaded.held - alone.held) / stalledSubscribers / 2 ** 20,
    unit: 'MiB',
    goal: { atMost: 1 },
  })
}

async function replay(report: BenchReport): Promise<void> {
  await using server = await Program.start('event-server-process.ts')
  await server.ask(`fill ${replayedEvents}`)
  const clients = await server.clients(1, replayedEvents, 'read')
  const { seconds: took, gaps } = await clients.result()
  report.note(
    `replay of ${replayedEvents} events from a cursor: ${took.toFixed(1)} s, ${gaps} gaps`,
  )
  report.goal({
    name: `replay of ${replayedEvents} events`,
    measured: replayedEvents / took,
    unit: 'events/s',
    goal: { atLeast: 50_000 },
  })
}

class Program implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #folder: string

  private constructor(script: string, folder: string, argv: readonly string[]) {
    const words = ['--expose-gc', join(import.meta.dirname, script), ...argv]
    this.#child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
    const input = this.#child.stdout
    if (input === null) throw new Error('no output to read')
    this.#lines = createInterface({ input })[Symbol.asyncIterator]()
    this.#folder = folder
  }

  static async start(script: string): Promise<Program> {
    const folder = await mkdtemp(join(tmpdir(), 'repave-events-'))
    const program = new Program(script, folder, [folder])
    await program.#line()
    return program
  }

  async ask(order: string): Promise<ServerFacts> {
    this.#child.stdin?.write(`${order}\n`)
    return JSON.parse(await this.#line()) as ServerFacts
  }

  /** Resolves when all have subscribed. */
  async clients(count: number, events: number, manner: 'read' | 'stall'): Promise<Program> {
    const argv = [join(this.#folder, 'api.sock'), String(count), String(events), '0', manner]
    const clients = new Program('event-clients-process.ts', this.#folder, argv)
    await clients.#line()
    return clients
  }

  async result(): Promise<Measured> {
    return JSON.parse(await this.#line()) as Measured
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
    await rm(this.#folder, { recursive: true })
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('the process ended without an answer')
    return value
  }
}
