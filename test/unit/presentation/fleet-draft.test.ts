import { describe, expect, it } from 'vitest'

import type { RepaveEvent } from '../../../src/contract/event.ts'
import { emptyFleet, type Fleet, notesPerMachine } from '../../../src/presentation/fleet.ts'
import { nextFleet } from '../../../src/presentation/fleet-draft.ts'
import {
  runEvent,
  runningRun,
  sampleId,
  sampleMachine,
  sampleProgress,
  sampleRun,
  succeededRun,
} from '../../fakes/sample-fleet.ts'

const began = nextFleet(
  emptyFleet,
  [
    {
      kind: 'snapshot',
      seq: 1,
      fresh: true,
      machines: [sampleMachine(1), sampleMachine(2)],
      runs: [runningRun(1, 2)],
    },
  ],
  0,
)
const withEvent = (fleet: Fleet, event: Omit<RepaveEvent, 'seq'>) =>
  nextFleet(fleet, [{ kind: 'event', event: { ...event, seq: 2 } }], 0)
const progressOf = (number: number) =>
  ({
    kind: 'progress',
    machineId: sampleId(number),
    runId: sampleId(number, 'bb'),
    progress: sampleProgress(),
  }) as const

describe(nextFleet, () => {
  it('leaves the fleet that it began with as it was, and what no item changes the same', () => {
    const after = withEvent(began, runEvent(runningRun(1, 3), 'task-started'))
    expect(began.runs.get(sampleId(1, 'bb'))?.taskIndex).toBe(2)
    expect(after.runs.get(sampleId(1, 'bb'))?.taskIndex).toBe(3)
    expect(after.machines).toBe(began.machines)
    expect(nextFleet(after, [], 0)).toBe(after)
  })

  it('never lets an older revision replace a newer one (W09)', () => {
    const newer = withEvent(began, runEvent(runningRun(1, 3), 'task-started'))
    const older = withEvent(newer, runEvent(sampleRun(1), 'created'))
    expect(older.runs.get(sampleId(1, 'bb'))?.taskIndex).toBe(3)
  })

  it('forgets the progress of a run that has ended, and takes none that comes late', () => {
    const writing = nextFleet(began, [progressOf(1)], 0)
    expect(writing.writes.size).toBe(1)
    const ended = withEvent(writing, runEvent(succeededRun(1), 'succeeded'))
    expect(ended.writes.size).toBe(0)
    expect(nextFleet(ended, [progressOf(1)], 0).writes.size).toBe(0)
  })

  it('keeps a bounded number of notes a machine', () => {
    let fleet = began
    for (let line = 0; line < notesPerMachine + 50; line++) {
      fleet = withEvent(fleet, {
        timeMs: line,
        type: 'log',
        action: 'lines',
        key: sampleId(1),
        principal: 'agent:node-1',
        machineId: sampleId(1),
        body: { lines: [`line ${line}\u001b[2J`] },
      })
    }
    const notes = fleet.notes.get(sampleId(1)) ?? []
    expect(notes).toHaveLength(notesPerMachine)
    expect(notes.at(-1)?.text).toBe(`line ${notesPerMachine + 49}?[2J`)
  })

  it('forgets what was said when a new record replaces the old', () => {
    const noted = withEvent(began, runEvent(runningRun(1, 2), 'task-started'))
    const item = { kind: 'snapshot', seq: 0, fresh: true, machines: [], runs: [] } as const
    expect(nextFleet(noted, [item], 0)).toEqual(emptyFleet)
  })
})
