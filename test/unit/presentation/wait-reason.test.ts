import { describe, expect, it } from 'vitest'

import { deadlineText, holdNextText, waitReason } from '../../../src/presentation/wait-reason.ts'
import {
  runningRun,
  sampleRun,
  sampleTask,
  sampleTimeMs,
  succeededRun,
} from '../../fakes/sample-fleet.ts'

const deadlineAtMs = sampleTimeMs + 90_000

describe(waitReason, () => {
  it('says nothing of a run that works or has ended', () => {
    expect(waitReason(runningRun(1, 2), sampleTimeMs)).toBeUndefined()
    expect(waitReason(succeededRun(1), sampleTimeMs)).toBeUndefined()
  })

  it('tells what each kind of waiting waits for', () => {
    const failure = { code: 'ERR_X', message: 'server gone\u001b[2J', retryable: true }
    const task = sampleTask('write', 'write-image', {
      state: 'waiting-retry',
      deadlineAtMs,
      failure,
    })
    const retrying = runningRun(1, 0, { tasks: [task] })
    expect(waitReason(retrying, sampleTimeMs)).toBe('next try in 1m30s after: server gone?[2J')
    expect(waitReason(sampleRun(1), sampleTimeMs)).toContain('to boot from the network')
    expect(waitReason(sampleRun(1, { state: 'waiting-approval' }), 0)).toContain('run approve')
    expect(waitReason(sampleRun(1, { state: 'held', failure }), 0)).toContain('server gone?')
  })

  it('says for how long it still waits for the agent', () => {
    const task = sampleTask('write', 'write-image', { deadlineAtMs })
    expect(waitReason(runningRun(1, 0, { tasks: [task] }), sampleTimeMs)).toBe(
      "waits for sledgehammer's agent, for 1m30s more",
    )
  })

  it('says for how long it still waits for the new system', () => {
    const task = sampleTask('finish', 'await-phone-home', { state: 'running', deadlineAtMs })
    const run = runningRun(1, 0, { tasks: [task] })
    expect(waitReason(run, sampleTimeMs)).toBe(
      'waits for the new system to call home, for 1m30s more',
    )
  })
})

describe(deadlineText, () => {
  it('tells when the attempt under way times out', () => {
    const task = sampleTask('write', 'write-image', { state: 'running', deadlineAtMs })
    expect(deadlineText(runningRun(1, 0, { tasks: [task] }), sampleTimeMs)).toBe(
      'times out in 1m30s',
    )
    expect(deadlineText(sampleRun(1), sampleTimeMs)).toBeUndefined()
  })
})

describe(holdNextText, () => {
  it('says that a run will be held, and after what, while a task is under way', () => {
    const holdNext = { because: 'a person holds it: rack moves', afterTask: 0 }
    const run = runningRun(1, 1, { tasks: [sampleTask('write', 'write-image')], holdNext })
    expect(holdNextText({ ...run, taskIndex: 0 })).toBe(
      'held when write-image has ended: a person holds it: rack moves',
    )
    expect(holdNextText({ ...run, state: 'held' })).toBeUndefined()
    expect(holdNextText(runningRun(1, 1))).toBeUndefined()
  })
})
