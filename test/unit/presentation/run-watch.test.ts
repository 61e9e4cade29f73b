import { describe, expect, it } from 'vitest'

import type { NewEvent } from '../../../src/contract/event.ts'
import type { Run } from '../../../src/contract/run.ts'
import type { FeedItem } from '../../../src/presentation/operator-feed.ts'
import { RunWatch } from '../../../src/presentation/run-watch.ts'
import {
  failedRun,
  runEvent,
  runningRun,
  sampleId,
  sampleMachine,
  sampleProgress,
  sampleRun,
  sampleTimeMs,
  succeededRun,
} from '../../fakes/sample-fleet.ts'

let seq = 100
const eventItem = (event: NewEvent): FeedItem => ({
  kind: 'event',
  event: { ...event, seq: seq++ },
})
const changed = (run: Run, action: string, body = {}) => eventItem(runEvent(run, action, body))
const snapshot = (runs: readonly Run[], fresh = true): FeedItem => ({
  kind: 'snapshot',
  seq: 1,
  fresh,
  machines: [1, 2].map((number) => sampleMachine(number)),
  runs,
})
const progress = (number: number): FeedItem => ({
  kind: 'progress',
  machineId: sampleId(number),
  runId: sampleId(number, 'bb'),
  progress: sampleProgress(),
})

describe(RunWatch, () => {
  it('prints where each run stands when it begins to watch', () => {
    const watch = new RunWatch()
    expect(watch.take(snapshot([sampleRun(1), runningRun(2, 2)]), sampleTimeMs + 5000)).toEqual([
      '    5.0s  node-1      discover     waits for the machine to boot from the network',
      '    5.0s  node-2      write        running, task write-image',
    ])
    expect(watch.isDone).toBe(false)
  })

  it('prints one line for each change and the proof at the end', () => {
    const watch = new RunWatch()
    watch.take(snapshot([sampleRun(1)]), sampleTimeMs)
    expect(watch.take(changed(runningRun(1, 0), 'task-started', { task: 'inventory' }), 0)).toEqual(
      ['    2.0s  node-1      discover     inventory started'],
    )
    const end = watch.take(changed(succeededRun(1), 'succeeded'), 0)
    expect(end[0]).toBe('     12s  node-1      finish       succeeded after 12s')
    expect(end[1]).toBe('node-1 succeeded in 12s')
    expect(watch.isDone && watch.hasSucceeded).toBe(true)
    expect(watch.outcomes).toEqual(end.slice(1))
  })

  it('has not succeeded when one of two runs has failed', () => {
    const watch = new RunWatch()
    watch.take(snapshot([succeededRun(1), runningRun(2, 2)]), sampleTimeMs)
    expect(watch.isDone).toBe(false)
    watch.take(changed(failedRun(2), 'failed'), 0)
    expect(watch.isDone).toBe(true)
    expect(watch.hasSucceeded).toBe(false)
    expect(watch.summary).toBe('1 of 2 runs succeeded')
  })

  it('prints at most one progress line a machine in five seconds', () => {
    const watch = new RunWatch()
    watch.take(snapshot([runningRun(1, 2), runningRun(2, 2)]), sampleTimeMs)
    const lines = Array.from({ length: 41 }, (_, index) => [
      ...watch.take(progress(1), sampleTimeMs + index * 250),
      ...watch.take(progress(2), sampleTimeMs + index * 250),
    ]).flat()
    expect(lines).toHaveLength(6)
    expect(lines[2]).toBe(
      '    5.0s  node-1      write        58%  1.3/2.2 GiB  312 MiB/s  ETA ~3 s',
    )
  })

  it('waits for the event that ends a run, even when a later snapshot says so already (W09)', () => {
    const watch = new RunWatch()
    watch.take(snapshot([runningRun(1, 2)]), sampleTimeMs)
    expect(watch.take(snapshot([succeededRun(1)], false), 0)).toEqual([])
    expect(watch.isDone).toBe(false)
    expect(watch.take(changed(succeededRun(1), 'succeeded'), 0).length).toBeGreaterThan(1)
    expect(watch.isDone).toBe(true)
  })

  it('looks at the newest run of each machine only, and at those that begin later', () => {
    const old = { ...failedRun(9), machineId: sampleId(1), createdAtMs: sampleTimeMs - 1e6 }
    const watch = new RunWatch()
    watch.take(snapshot([old, succeededRun(1)]), 0)
    expect(watch.watchedCount).toBe(1)
    watch.take(changed(sampleRun(2), 'created'), 0)
    expect(watch.watchedCount).toBe(2)
    expect(watch.underWay).toEqual(['node-2'])
  })

  it('looks at nothing but the runs it was told', () => {
    const watch = new RunWatch([sampleId(1, 'bb')])
    watch.take(snapshot([runningRun(1, 1), failedRun(2)]), 0)
    expect(watch.take(changed(sampleRun(3), 'created'), 0)).toEqual([])
    expect(watch.watchedCount).toBe(1)
  })

  it('shows the last words of the agent under a failure', () => {
    const watch = new RunWatch()
    watch.take(snapshot([runningRun(1, 2)]), 0)
    const log = { ...runEvent(sampleRun(1), 'lines'), type: 'log' }
    const lines = Array.from({ length: 9 }, (_, index) => `line ${index}\u001b[31m`)
    expect(watch.take(eventItem({ ...log, body: { lines } }), 0)).toEqual([])
    const shown = watch.take(changed(runningRun(1, 2), 'task-failed', { task: 'write-image' }), 0)
    expect(shown).toHaveLength(6)
    expect(shown[5]).toContain('| line 8?[31m')
  })

  it('tells a boot decision once, however often the firmware asks', () => {
    const watch = new RunWatch()
    watch.take(snapshot([sampleRun(1)]), 0)
    const { machineId: _, runId: __, ...rest } = runEvent(sampleRun(1), 'decided')
    const boot: NewEvent = {
      ...rest,
      type: 'boot',
      key: '52:54:00:aa:bb:01',
      body: { target: 'sledgehammer', because: 'a run waits' },
    }
    const lines = [1, 2, 3].flatMap(() => watch.take(eventItem(boot), 0))
    expect(lines).toEqual([expect.stringContaining('boots sledgehammer: a run waits')])
  })

  it('prints every event of the step that ends a run, and the proof once, behind the last', () => {
    const watch = new RunWatch()
    watch.take(snapshot([runningRun(1, 2)]), 0)
    const failed = failedRun(1)
    const body = { task: 'write-image', failure: failed.failure }
    expect(watch.take(changed(failed, 'task-failed', body), 0)).toEqual([
      '    9.0s  node-1      write        write-image failed: ERR_DISK_WRITE the disk said no',
    ])
    expect(watch.isDone).toBe(false)
    const last = watch.take(changed(failed, 'failed', { failure: failed.failure }), 0)
    expect(last[0]).toContain('failed after 9.0s: ERR_DISK_WRITE')
    expect(last[1]).toContain('node-1 failed')
    expect(watch.isDone).toBe(true)
  })
})
