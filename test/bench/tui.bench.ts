import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { spawn } from '@lydell/node-pty'

import { FakeOperatorApi } from '../fakes/fake-operator-api.ts'
import { runEvent, runningRun, sampleId, sampleMachine } from '../fakes/sample-fleet.ts'
import { type Bench, median } from './bench-report.ts'

const machines = 1000
const eventsPerSecond = 500
const rounds = 3
const roundSeconds = 10
/** What the kernel counts processor time in. */
const ticksPerSecond = 100

const repave = fileURLToPath(new URL('../../bin/repave', import.meta.url))
/** How ink begins each frame that differs from the one before. */
const frameStart = '\u001b[?2026h'

/** The terminal UI on a real terminal, fed by a daemon that tells of a thousand machines. */
export const bench: Bench = async (report) => {
  const folder = await mkdtemp(join(tmpdir(), 'repave-bench-tui-'))
  await using api = new FakeOperatorApi(join(folder, 'api.sock'))
  for (let number = 1; number <= machines; number++) {
    api.machines.set(sampleId(number), sampleMachine(number))
    api.runs.set(sampleId(number, 'bb'), runningRun(number, 2))
  }
  await api.start()
  const pty = spawn(repave, ['tui', '--socket', join(folder, 'api.sock')], {
    cols: 160,
    rows: 48,
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', CI: '1' },
  })
  let frames = 0
  let bytes = 0
  let shown = ''
  pty.onData((data) => {
    frames += data.split(frameStart).length - 1
    bytes += data.length
    shown = (shown + data).slice(-20_000)
  })
  try {
    while (!shown.includes('node-1')) await sleep(50)
    await tellFor(api, 3)
    const measured = []
    for (let round = 0; round < rounds; round++) {
      const before = { frames, bytes, ticks: await cpuTicks(pty.pid) }
      const told = await tellFor(api, roundSeconds)
      measured.push({
        told: told / roundSeconds,
        frames: (frames - before.frames) / roundSeconds,
        kilobytes: (bytes - before.bytes) / roundSeconds / 1000,
        core: (await cpuTicks(pty.pid)) - before.ticks,
        memory: await residentMegabytes(pty.pid),
      })
    }
    const core = measured.map((round) => (100 * round.core) / ticksPerSecond / roundSeconds)
    const middle = (values: readonly number[]) => median(values)
    report.table(`${machines} machines, 160 x 48, ${rounds} rounds of ${roundSeconds} s`, [
      ['events/s', 'frames/s', 'kB/s', '% of a core', 'MB'],
      [
        middle(measured.map((round) => round.told)),
        middle(measured.map((round) => round.frames)),
        middle(measured.map((round) => round.kilobytes)),
        middle(core),
        middle(measured.map((round) => round.memory)),
      ],
    ])
    const goal = (name: string, values: readonly number[], unit: string, atMost: number) =>
      report.goal({ name, measured: median(values), unit, goal: { atMost } })
    goal(
      'frames',
      measured.map((round) => round.frames),
      '/s',
      10,
    )
    goal('processor', core, '% of a core', 25)
    goal(
      'memory',
      measured.map((round) => round.memory),
      'MB',
      200,
    )
    report.goal({
      name: 'events told',
      measured: median(measured.map((round) => round.told)),
      unit: '/s',
      goal: { atLeast: eventsPerSecond * 0.95 },
    })
  } finally {
    pty.kill('SIGKILL')
    await rm(folder, { recursive: true })
  }
}

/** Tells of changes at an even pace; @returns how many events */
async function tellFor(api: FakeOperatorApi, seconds: number): Promise<number> {
  const startedMs = performance.now()
  let told = 0
  for (;;) {
    const elapsedMs = performance.now() - startedMs
    if (elapsedMs >= seconds * 1000) return told
    for (; told < (elapsedMs / 1000) * eventsPerSecond; told++) {
      const number = 1 + (told % machines)
      const run = { ...runningRun(number, 2), revision: 100 + told }
      api.emit(runEvent(run, 'task-started', { task: 'write-image' }))
    }
    await sleep(10)
  }
}

/** User and system time of a process so far, in ticks (proc(5), /proc/PID/stat). */
async function cpuTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000
}
