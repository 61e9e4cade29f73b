import { describe, expect, it } from 'vitest'

import { stageDurationMs, stagesOf } from '../../../src/presentation/run-stages.ts'
import {
  failedRun,
  runningRun,
  sampleRun,
  sampleTask,
  sampleTimeMs,
  succeededRun,
} from '../../fakes/sample-fleet.ts'

const states = (run: ReturnType<typeof sampleRun>) =>
  stagesOf(run).map(({ name, state }) => `${name} ${state}`)

describe(stagesOf, () => {
  it('sums up the tasks of each stage', () => {
    expect(states(sampleRun(1))).toEqual(['discover pending', 'write pending', 'finish pending'])
    expect(states(runningRun(1, 1))[0]).toBe('discover running')
    expect(states(failedRun(1))[1]).toBe('write failed')
    expect(states(succeededRun(1))).toEqual([
      'discover succeeded',
      'write succeeded',
      'finish succeeded',
    ])
  })

  it('counts a stage between two of its tasks as running', () => {
    const { tasks } = runningRun(1, 2)
    const between = tasks.map((task, index) =>
      index === 1 ? sampleTask('discover', 'select-disk') : task,
    )
    expect(states({ ...sampleRun(1), tasks: between })[0]).toBe('discover running')
  })

  it('takes a failure that the workflow goes on after for no failed stage', () => {
    const task = sampleTask('extra', 'reboot', { state: 'failed' })
    const tolerated = { ...task, task: { ...task.task, onError: 'continue' as const } }
    expect(states({ ...sampleRun(1), tasks: [tolerated] })).toEqual(['extra succeeded'])
  })

  it('keeps a stage that comes twice as two', () => {
    const tasks = ['a', 'b', 'a'].map((stage) => sampleTask(stage, 'reboot'))
    expect(stagesOf({ ...sampleRun(1), tasks }).map((stage) => stage.name)).toEqual(['a', 'b', 'a'])
  })
})

describe(stageDurationMs, () => {
  it('runs on until the stage ends, and is unknown before it begins', () => {
    const [discover, write, finish] = stagesOf(runningRun(1, 2))
    const nowMs = sampleTimeMs + 10_000
    expect(stageDurationMs(discover!, nowMs)).toBe(4000)
    expect(stageDurationMs(write!, nowMs)).toBe(6000)
    expect(stageDurationMs(finish!, nowMs)).toBeUndefined()
  })

  it('is never negative, even when clocks disagree', () => {
    const [, write] = stagesOf(runningRun(1, 2))
    expect(stageDurationMs(write!, sampleTimeMs - 5000)).toBe(0)
  })
})
