import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { parseIpv4Address } from '../../src/base/ipv4-address.ts'
import type { Image } from '../../src/contract/api-documents.ts'
import type { NewEvent } from '../../src/contract/event.ts'
import type { Machine } from '../../src/contract/machine.ts'
import type { Run } from '../../src/contract/run.ts'
import type { MemoryOperatorServices } from './memory-operator-services.ts'
import {
  failedRun,
  runEvent,
  runningRun,
  sampleDigest,
  sampleId,
  sampleMachine,
  sampleRun,
  sampleTimeMs,
  succeededRun,
} from './sample-fleet.ts'

const perRack = 40

/** A site as one finds it on a working day: most machines deployed, some at work, a few that need a person. */
export function placeSite(services: MemoryOperatorServices, count: number, nowMs: number): void {
  const machines: Machine[] = []
  const runs: Run[] = []
  for (let number = 1; number <= count; number++) {
    const rack = String(Math.floor((number - 1) / perRack) + 1).padStart(2, '0')
    const name = `r${rack}-n${String(((number - 1) % perRack) + 1).padStart(2, '0')}`
    const run = { ...later(runOf(number), nowMs - sampleTimeMs - agoMs(number)), machineName: name }
    const state = stateOf(run, number)
    machines.push(
      sampleMachine(number, {
        ...{ name, state, revision: 5 },
        ...(state === 'discovering'
          ? {}
          : { address: parseIpv4Address(`10.4.${Number(rack)}.${10 + (number % perRack)}`) }),
        ...(state === 'deployed' ? { imageName: 'debian-12' } : {}),
        lastSeenAtMs: nowMs - (number % 50) * 900,
      }),
    )
    runs.push(run)
  }
  services.place({ machines, runs, images: sampleImages(nowMs) })
  for (const run of runs.slice(0, 60)) services.events.append(eventOf(run))
}

/** What became of the run of machine `number`. */
function runOf(number: number): Run {
  if (number % 97 === 0) return failedRun(number)
  if (number % 61 === 0) return runningRun(number, 2, { state: 'waiting-approval' })
  if (number % 53 === 0) return sampleRun(number)
  if (number % 9 === 2) return runningRun(number, 1 + ((number >> 1) % 4))
  return succeededRun(number)
}

const agoMs = (number: number) => 12_000 + (number % 7) * 1000

function stateOf(run: Run, number: number): Machine['state'] {
  if (number % 211 === 0) return 'discovering'
  if (run.state === 'succeeded') return 'deployed'
  return run.state === 'failed' ? 'failed' : 'deploying'
}

/** The same run, so much later. */
function later(run: Run, byMs: number): Run {
  const at = (timeMs: number | undefined, name: string) =>
    timeMs === undefined ? {} : { [name]: timeMs + byMs }
  return {
    ...run,
    ...at(run.createdAtMs, 'createdAtMs'),
    ...at(run.startedAtMs, 'startedAtMs'),
    ...at(run.endedAtMs, 'endedAtMs'),
    tasks: run.tasks.map((task) => ({
      ...task,
      ...at(task.startedAtMs, 'startedAtMs'),
      ...at(task.endedAtMs, 'endedAtMs'),
    })),
  }
}

function eventOf(run: Run): NewEvent {
  const action = run.state === 'running' ? 'task-started' : run.state
  const task = run.tasks[run.taskIndex]?.task.name ?? ''
  const timeMs = run.tasks.findLast(({ startedAtMs }) => startedAtMs !== undefined)?.startedAtMs
  return { ...runEvent(run, action, { task }), timeMs: timeMs ?? run.createdAtMs }
}

function sampleImages(nowMs: number): Image[] {
  const names = ['debian-12', 'debian-13', 'web-server', 'build-host', 'ubuntu-24.04']
  return names.map((name, index) => ({
    ...{ name, version: `2026.11.${20 + index}`, state: index === 3 ? 'quarantined' : 'ready' },
    ...{ digest: sampleDigest(String(index + 1)), rawDigest: sampleDigest('b') },
    ...{ rawBytes: (1536 + index * 512) * MEBIBYTE, packBytes: (137 + index * 61) * MEBIBYTE },
    ...{ chunks: 384, zeroChunks: 200, importedAtMs: nowMs - index * 86_400_000 },
    signature: 'signed',
  }))
}

/** A machine of {@link placeSite} that writes, and one whose run has failed. */
export const writingMachine = { name: 'r01-n02', runId: sampleId(2, 'bb'), machineId: sampleId(2) }
export const failedMachine = 'r03-n17'
