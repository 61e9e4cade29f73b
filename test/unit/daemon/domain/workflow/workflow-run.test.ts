import { describe, expect, it } from 'vitest'

import type { Run } from '../../../../../src/contract/run.ts'
import {
  type RunContext,
  type RunStep,
  currentTask,
} from '../../../../../src/daemon/domain/workflow/run-step.ts'
import {
  type RunInput,
  maximumLosses,
  nextDeadline,
  stepRun,
} from '../../../../../src/daemon/domain/workflow/workflow-run.ts'
import {
  bootA,
  bootB,
  context,
  contextWithoutAgent,
  deployTasks,
  disk,
  receipt,
  retrying,
  runWith,
  uuid,
} from './run-fixtures.ts'

const failure = (retryable = true) => ({ code: 'ERR_X', message: 'broken', retryable })

function result(run: Run, outcome: 'succeeded' | 'failed', retryable = true): RunInput {
  const facts = outcome === 'succeeded' ? { disk, receipt } : {}
  const attemptId = currentTask(run)?.attemptId ?? uuid(0)
  return {
    kind: 'result',
    attemptId,
    outcome,
    facts,
    ...(outcome === 'failed' ? { failure: failure(retryable) } : {}),
  }
}

const deadlineOf = (run: Run): RunInput => {
  const deadline = nextDeadline(run)
  if (deadline === undefined) throw new Error('no deadline')
  return { kind: 'deadline', ...deadline }
}

const actions = ({ happenings }: RunStep) => happenings.map(({ action }) => action)
const wake = (run: Run, with_: RunContext = context()) => stepRun(run, { kind: 'wake' }, with_)

/** A run of the deploy workflow, brought to the task of that name. */
function runAt(task: string): Run {
  let { run } = wake(runWith(deployTasks))
  while (currentTask(run)?.task.name !== task) {
    ;({ run } = stepRun(run, result(run, 'succeeded'), context()))
  }
  return run
}

describe('stepRun, when things go wrong', () => {
  it('E02: refuses a result of an old attempt, and one that comes twice', () => {
    const first = wake(runWith(deployTasks)).run
    const late = result(first, 'succeeded')
    const waiting = stepRun(first, result(first, 'failed'), context()).run
    const second = stepRun(waiting, deadlineOf(waiting), context()).run
    expect(stepRun(second, late, context())).toEqual({ run: second, effects: [], happenings: [] })
    const done = result(second, 'succeeded')
    const third = stepRun(second, done, context()).run
    expect(stepRun(third, done, context()).run).toBe(third)
  })

  it('retries with growing waits until the tries are used up, then fails the run', () => {
    let { run } = wake(runWith([{ name: 'a', action: 'inventory', retry: retrying }]))
    const waits: number[] = []
    for (let failed = 0; failed < 2; failed++) {
      const step = stepRun(run, result(run, 'failed'), context())
      expect(actions(step)).toEqual(['retrying'])
      waits.push((nextDeadline(step.run)?.deadlineAtMs ?? 0) - 2000)
      run = stepRun(step.run, deadlineOf(step.run), context()).run
    }
    expect(waits).toEqual([2000, 4000])
    const last = stepRun(run, result(run, 'failed'), context())
    expect(actions(last)).toEqual(['task-failed', 'failed'])
    expect(last.run).toMatchObject({ state: 'failed', failure: failure() })
    expect(currentTask(last.run)?.attempts).toBe(3)
  })

  it('does not retry what another try cannot mend', () => {
    const { run } = wake(runWith([{ name: 'a', action: 'inventory', retry: retrying }]))
    expect(stepRun(run, result(run, 'failed', false), context()).run.state).toBe('failed')
  })

  it('E04: a task that exceeds its time is stopped, and the failure says which', () => {
    const { run } = wake(runWith([{ name: 'slow', action: 'inventory', timeoutSeconds: 7 }]))
    expect(nextDeadline(run)?.deadlineAtMs).toBe(2000 + 7000)
    const step = stepRun(run, deadlineOf(run), context())
    expect(step.run.failure?.message).toBe('slow did not end within 7 s')
    expect(step.effects).toEqual([{ kind: 'stop', attemptId: currentTask(run)?.attemptId }])
  })

  it('a deadline of before, that rings late, changes nothing', () => {
    const run = runAt('select-disk')
    const old = deadlineOf(run)
    const next = stepRun(run, result(run, 'succeeded'), context({ nowMs: 5000 })).run
    expect(stepRun(next, old, context()).run).toBe(next)
  })

  it('a success without its proof is a failure', () => {
    for (const [task, missing] of [
      ['select-disk', 'disk'],
      ['write-image', 'receipt'],
      ['write-seed', 'receipt with the seed'],
    ] as const) {
      const run = runAt(task)
      const bare = { ...result(run, 'succeeded'), facts: {} } as RunInput
      const step = stepRun(run, bare, context())
      expect(step.run.failure?.message).toBe(`the agent reported success without the ${missing}`)
    }
  })

  it('E01: an attempt whose machine boots anew is lost; a new one begins under a new id', () => {
    const run = runAt('write-image')
    const step = wake(run, context({ agentBootId: bootB }))
    const [before, after] = [currentTask(run), currentTask(step.run)]
    expect(after).toMatchObject({ state: 'running', attempts: 2, losses: 1, bootId: bootB })
    expect(after?.attemptId).not.toBe(before?.attemptId)
    expect(step.effects).toEqual([{ kind: 'order', attemptId: after?.attemptId }])
    expect(actions(step)).toEqual(['retrying', 'task-started'])
  })

  it('lost attempts do not use up tries, but there is a bound to them', () => {
    let run = runAt('write-image')
    for (let loss = 1; loss <= maximumLosses; loss++) {
      run = wake(run, context({ agentBootId: uuid(loss) })).run
      expect(run.state).toBe('running')
    }
    const failed = stepRun(run, result(run, 'failed'), context())
    expect(actions(failed)).toEqual(['retrying'])
    const last = wake(run, context({ agentBootId: uuid(99) }))
    expect(last.run).toMatchObject({ state: 'failed', failure: { code: 'ERR_ATTEMPT_LOST' } })
  })

  it('onError: hold waits for a person, who starts the task afresh', () => {
    const held = [{ name: 'a', action: 'inventory', onError: 'hold' }]
    const { run } = wake(runWith(held))
    const step = stepRun(run, result(run, 'failed'), context())
    expect(actions(step)).toEqual(['task-failed', 'held'])
    expect(wake(step.run).run).toBe(step.run)
    const again = stepRun(step.run, { kind: 'intervention', verb: 'approve' }, context())
    expect(again.run.state).toBe('running')
    expect(again.run.failure).toBeUndefined()
    expect(currentTask(again.run)).toMatchObject({ state: 'running', attempts: 1 })
  })

  it('onError: continue goes on, and the failed task stays failed', () => {
    const tasks = [
      { name: 'a', action: 'inventory', onError: 'continue' },
      { name: 'b', action: 'inventory' },
    ]
    const { run } = wake(runWith(tasks))
    const step = stepRun(run, result(run, 'failed'), context())
    expect(actions(step)).toEqual(['task-failed', 'task-started'])
    expect(step.run.tasks.map(({ state }) => state)).toEqual(['failed', 'running'])
    const end = stepRun(step.run, result(step.run, 'succeeded'), context())
    expect(end.run).toMatchObject({ state: 'succeeded' })
    expect(end.run.failure).toBeUndefined()
  })

  it('a run under way does not wait for its agent for ever', () => {
    const run = runAt('select-disk')
    const away = stepRun(run, result(run, 'succeeded'), contextWithoutAgent())
    expect(currentTask(away.run)?.state).toBe('pending')
    expect(nextDeadline(away.run)?.deadlineAtMs).toBe(2000 + 3_600_000)
    const step = stepRun(away.run, deadlineOf(away.run), contextWithoutAgent())
    expect(step.run.failure?.code).toBe('ERR_AGENT_ABSENT')
  })

  it('E05: can be cancelled in every state, and nothing leaves that state', () => {
    const approval = wake(runWith([{ name: 'ok', action: 'approve' }])).run
    const held = stepRun(runAt('await'), { kind: 'stuck', failure: failure() }, context()).run
    const writing = runAt('write-image')
    const retry = stepRun(writing, result(writing, 'failed'), context()).run
    for (const run of [runWith(deployTasks), writing, retry, approval, held, runAt('await')]) {
      const step = stepRun(run, { kind: 'intervention', verb: 'cancel' }, context())
      expect(step.run.state).toBe('cancelled')
      expect(actions(step).at(-1)).toBe('cancelled')
      expect(nextDeadline(step.run)).toBeUndefined()
      expect(step.run.tasks.map(({ state }) => state)).not.toContain('pending')
      expect(wake(step.run).run).toBe(step.run)
      expect(stepRun(step.run, { kind: 'intervention', verb: 'approve' }, context()).run).toBe(
        step.run,
      )
    }
    const stopped = stepRun(writing, { kind: 'intervention', verb: 'cancel' }, context())
    expect(stopped.effects).toEqual([{ kind: 'stop', attemptId: currentTask(writing)?.attemptId }])
  })

  it('a call home in the middle of a write proves nothing', () => {
    const run = runAt('write-image')
    expect(stepRun(run, { kind: 'phone-home' }, context()).run).toBe(run)
  })

  it('the first boot has its time too', () => {
    const run = runAt('await')
    const step = stepRun(run, deadlineOf(run), contextWithoutAgent())
    expect(step.run.failure?.message).toBe('the installed system did not call home within 1800 s')
  })

  it('a boot loop holds the run, and approval lets it go on where it was', () => {
    const run = runAt('await')
    const step = stepRun(run, { kind: 'stuck', failure: failure() }, contextWithoutAgent())
    expect(step.run).toMatchObject({ state: 'held', failure: failure() })
    expect(nextDeadline(step.run)).toBeUndefined()
    const again = stepRun(
      step.run,
      { kind: 'intervention', verb: 'approve' },
      contextWithoutAgent(),
    )
    expect(currentTask(again.run)).toMatchObject({ state: 'running', task: { name: 'await' } })
  })
})

describe('stepRun', () => {
  it('waits in the queue for its machine as long as it takes', () => {
    const run = runWith(deployTasks)
    const step = wake(run, contextWithoutAgent())
    expect(step.run).toBe(run)
    expect(nextDeadline(step.run)).toBeUndefined()
  })

  it('orders one task after the other and keeps what they found', () => {
    const run = runAt('write-seed')
    expect(run).toMatchObject({ disk, receipt, state: 'running', startedAtMs: 2000 })
    expect(currentTask(run)).toMatchObject({ attempts: 1, bootId: bootA })
  })

  it('says the order again when the same boot comes back, and changes nothing', () => {
    const run = runAt('write-image')
    const step = wake(run)
    expect(step.run).toBe(run)
    expect(step.effects).toEqual([{ kind: 'order', attemptId: currentTask(run)?.attemptId }])
  })

  it('C-N04 succeeds when the installed system calls home, and not before', () => {
    const run = runAt('await')
    expect(run.state).toBe('running')
    const step = stepRun(run, { kind: 'phone-home' }, contextWithoutAgent())
    expect(actions(step)).toEqual(['task-succeeded', 'succeeded'])
    expect(step.run.tasks.every(({ state }) => state === 'succeeded')).toBe(true)
    expect(stepRun(step.run, { kind: 'phone-home' }, context()).run).toBe(step.run)
  })

  it('a restart is the success of a reboot whose result never came', () => {
    const run = runAt('reboot')
    const step = stepRun(run, { kind: 'machine-booted' }, contextWithoutAgent())
    expect(currentTask(step.run)?.task.action).toBe('await-phone-home')
    const elsewhere = runAt('write-image')
    expect(stepRun(elsewhere, { kind: 'machine-booted' }, context()).run).toBe(elsewhere)
  })

  it('a call home ends a run whose reboot result never came', () => {
    const step = stepRun(runAt('reboot'), { kind: 'phone-home' }, contextWithoutAgent())
    expect(step.run.state).toBe('succeeded')
    expect(actions(step)).toEqual(['task-succeeded', 'task-started', 'task-succeeded', 'succeeded'])
  })

  it('a held run whose system calls home has got over its trouble', () => {
    const held = stepRun(runAt('await'), { kind: 'stuck', failure: failure() }, context()).run
    const step = stepRun(held, { kind: 'phone-home' }, contextWithoutAgent())
    expect(step.run.state).toBe('succeeded')
    expect(step.run.failure).toBeUndefined()
  })

  it('stops for approval and goes on with it', () => {
    const tasks = [
      { name: 'ok', action: 'approve' },
      { name: 'a', action: 'inventory' },
    ]
    const step = wake(runWith(tasks))
    expect(step.run.state).toBe('waiting-approval')
    expect(nextDeadline(step.run)).toBeUndefined()
    const on = stepRun(step.run, { kind: 'intervention', verb: 'approve' }, context())
    expect(actions(on)).toEqual(['task-succeeded', 'task-started'])
  })

  it('counts one revision for each step that changes something', () => {
    const run = runWith(deployTasks)
    const first = wake(run).run
    expect([run.revision, first.revision]).toEqual([0, 1])
    expect(wake(first).run.revision).toBe(1)
  })
})
