import type { Failure, Run, RunTask } from '../../../contract/run.ts'
import {
  type RunContext,
  type RunEffect,
  type RunStep,
  also,
  changeTask,
  currentTask,
  happened,
  isAgentAction,
  isWritingAction,
  recoveredFailure,
  unchanged,
  withoutFields,
} from './run-step.ts'

const longestBackoffSeconds = 300
/** How long a machine may take to come back with an agent, whatever the time of the task it comes for. */
export const agentPatienceSeconds = 900

/** Begins the pending task, or says what it waits for: a person, its agent, its turn. */
export function begin(step: RunStep, context: RunContext): RunStep {
  const current = currentTask(step.run)
  if (current === undefined) return step
  const because = holdReason(step.run, current)
  if (because !== undefined) return holdHere(step, because)
  if (current.task.action === 'approve') return beginApproval(step, context)
  if (current.task.needsApproval && !current.isApproved) return awaitPerson(step, context)
  if (!isAgentAction(current.task.action)) return beginAttempt(step, current, context)
  const { agentBootId } = context
  if (agentBootId === undefined || agentBootId === step.run.endingBootId) {
    return awaitAgent(step, current, context)
  }
  const arrived = {
    ...step,
    run: withoutFields(step.run, ['endingBootId', 'isPoweredOff']),
  }
  return isWritingAction(current.task.action) && context.mayWrite?.(arrived.run) === false
    ? awaitTurn(arrived, context)
    : beginAttempt(arrived, current, context)
}

function holdReason({ stopAt, holdNext, taskIndex }: Run, current: RunTask): string | undefined {
  if (stopAt !== undefined && stopAt === current.stage) return `breakpoint: before stage ${stopAt}`
  return holdNext !== undefined && taskIndex > holdNext.afterTask ? holdNext.because : undefined
}

/** Held between two tasks: nothing has failed, nothing is under way. */
export function holdHere(step: RunStep, heldBecause: string): RunStep {
  const run = withoutFields(step.run, ['stopAt', 'holdNext', 'queuedAtMs'])
  const waiting = changeTask(run, { state: 'pending' }, ['deadlineAtMs', 'attemptId'])
  return also({ ...step, run: { ...waiting, state: 'held', heldBecause } }, { action: 'held' })
}

function beginApproval(step: RunStep, context: RunContext): RunStep {
  const waiting = changeTask(started(step.run, context), {
    state: 'running',
    startedAtMs: context.nowMs,
  })
  const run: Run = { ...waiting, state: 'waiting-approval' }
  return also({ ...step, run }, { action: 'waiting-approval' })
}

function awaitPerson(step: RunStep, context: RunContext): RunStep {
  const waiting = changeTask(started(step.run, context), {}, ['deadlineAtMs'])
  const run: Run = { ...waiting, state: 'waiting-approval' }
  return also({ ...step, run }, { action: 'waiting-approval' })
}

/**
 * A run that has not begun waits for its machine for ever, and so does one that has switched it off;
 * another one for as long as a machine takes to start, or as the task may take.
 */
export function awaitAgent(step: RunStep, current: RunTask, { nowMs }: RunContext): RunStep {
  const { run } = step
  if (run.startedAtMs === undefined || current.deadlineAtMs !== undefined || run.isPoweredOff) {
    return step
  }
  const seconds = Math.max(current.task.timeoutSeconds, agentPatienceSeconds)
  const waiting = changeTask(run, { deadlineAtMs: nowMs + seconds * 1000 })
  return { ...step, run: run.state === 'queued' ? { ...waiting, state: 'running' } : waiting }
}

/** Its time does not run while it waits for its turn. */
function awaitTurn(step: RunStep, context: RunContext): RunStep {
  const { run } = step
  const queuedAtMs = run.queuedAtMs ?? context.nowMs
  const isQueued = run.state === 'queued' && run.queuedAtMs !== undefined
  if (isQueued && currentTask(run)?.deadlineAtMs === undefined) return step
  const waiting = changeTask(started(run, context), {}, ['deadlineAtMs'])
  const queued: Run = { ...waiting, state: 'queued', queuedAtMs }
  return isQueued ? { ...step, run: queued } : also({ ...step, run: queued }, { action: 'queued' })
}

function beginAttempt(step: RunStep, current: RunTask, context: RunContext): RunStep {
  const isOrdered = isAgentAction(current.task.action)
  const isCalled = current.task.action === 'call-hook'
  const bootId = isOrdered ? context.agentBootId : isCalled ? context.daemonBootId : undefined
  const attempt = {
    state: 'running',
    attempts: current.attempts + 1,
    attemptId: context.freshId,
    ...(bootId === undefined ? {} : { bootId }),
    startedAtMs: current.startedAtMs ?? context.nowMs,
    deadlineAtMs: context.nowMs + current.task.timeoutSeconds * 1000,
  } as const
  const run = changeTask(withoutFields(started(step.run, context), ['queuedAtMs']), attempt)
  const effects: RunEffect[] =
    isOrdered || isCalled
      ? [{ kind: isOrdered ? 'order' : 'call', attemptId: context.freshId }]
      : []
  return also({ ...step, run, effects: [...step.effects, ...effects] }, { action: 'task-started' })
}

function started(run: Run, { nowMs }: RunContext): Run {
  return { ...run, state: 'running', startedAtMs: run.startedAtMs ?? nowMs }
}

export function taskSucceeded(step: RunStep, context: RunContext): RunStep {
  const run = withoutFields(step.run, ['failure', 'heldBecause'])
  const succeeded = changeTask(run, { state: 'succeeded', endedAtMs: context.nowMs }, [
    'deadlineAtMs',
    'failure',
  ])
  return advance(also({ ...step, run: succeeded }, { action: 'task-succeeded' }), context)
}

/** To the next task; behind the last, and behind the one of recovery, the run ends. */
export function advance(step: RunStep, context: RunContext): RunStep {
  if (currentTask(step.run)?.isRecovery) return endRecovered(step, context)
  const taskIndex = step.run.taskIndex + 1
  const next = step.run.tasks[taskIndex]
  const run: Run = { ...step.run, state: 'running', taskIndex }
  if (next === undefined || next.isRecovery) {
    return end({ ...step, run: { ...run, taskIndex: run.tasks.length } }, 'succeeded', context)
  }
  return next.state === 'pending' ? begin({ ...step, run }, context) : { ...step, run }
}

/** Ends the attempt under way, if there is one, with `failure`. */
export function giveUp(run: Run, failure: Failure, { nowMs }: RunContext): RunStep {
  const current = currentTask(run)
  if (current === undefined || current.state === 'failed') return unchanged(run)
  return {
    run: changeTask({ ...run, failure }, { state: 'failed', failure, endedAtMs: nowMs }, [
      'deadlineAtMs',
    ]),
    effects: stopOf(current),
    happenings: [],
  }
}

/** What ends the attempt under way where somebody is at it. */
export function stopOf({ state, attemptId, task }: RunTask): RunEffect[] {
  const isDone = isAgentAction(task.action) || task.action === 'call-hook'
  if (state !== 'running' || attemptId === undefined || !isDone) return []
  return [{ kind: 'stop', attemptId }]
}

/** Another try where the task allows one, else what `onError` says. */
export function attemptFailed(run: Run, failure: Failure, context: RunContext): RunStep {
  const current = currentTask(run)
  if (current === undefined) return unchanged(run)
  const { retry } = current.task
  const tries = current.attempts - (current.losses ?? 0) - (current.incompletes ?? 0)
  if (!failure.retryable || tries >= retry.attempts) return settleFailure(run, failure, context)
  const backoffSeconds = Math.min(retry.backoffSeconds * 2 ** (tries - 1), longestBackoffSeconds)
  const stopped = giveUp(run, failure, context)
  const waiting = tryAgainIn(stopped.run, backoffSeconds, context)
  return also({ ...stopped, run: waiting }, { action: 'retrying', failure })
}

export function tryAgainIn(run: Run, seconds: number, { nowMs }: RunContext): Run {
  const waiting = changeTask(
    run,
    { state: 'waiting-retry', deadlineAtMs: nowMs + seconds * 1000 },
    ['endedAtMs'],
  )
  return withoutFields(waiting, ['failure'])
}

export function settleFailure(run: Run, failure: Failure, context: RunContext): RunStep {
  const current = currentTask(run)
  const failed = also(giveUp(run, failure, context), { action: 'task-failed', failure })
  if (current?.isRecovery && current.task.onError !== 'hold') return endRecovered(failed, context)
  const onError = current?.task.onError ?? 'fail'
  if (onError === 'hold') return holdFailed(failed)
  if (onError === 'continue') {
    return advance({ ...failed, run: withoutFields(failed.run, ['failure']) }, context)
  }
  return onError === 'fail' ? end(failed, 'failed', context) : recover(failed, onError, context)
}

/** The run keeps the failure that it will end with; only the one task is still done. */
function recover(step: RunStep, { task }: { readonly task: string }, context: RunContext): RunStep {
  const taskIndex = step.run.tasks.findIndex(
    (one) => one.isRecovery === true && one.task.name === task,
  )
  if (taskIndex === -1) return end(step, 'failed', context)
  const run = withoutFields({ ...step.run, state: 'running', taskIndex }, ['stopAt', 'holdNext'])
  return begin({ ...step, run }, context)
}

/** Whatever became of the recovery, the run fails for what it was to recover from. */
function endRecovered(step: RunStep, context: RunContext): RunStep {
  const failure = recoveredFailure(step.run) ?? step.run.failure
  const run = failure === undefined ? step.run : { ...step.run, failure }
  return end({ ...step, run }, 'failed', context)
}

/** Held with what has failed: whoever releases it begins the task anew. */
export function holdFailed(step: RunStep): RunStep {
  const { failure } = step.run
  const because = failure === undefined ? {} : { heldBecause: failure.message.slice(0, 500) }
  const held: Run = { ...step.run, state: 'held', ...because }
  return also({ ...step, run: held }, { action: 'held', ...(failure ? { failure } : {}) })
}

export function end(
  step: RunStep,
  state: 'succeeded' | 'failed' | 'cancelled',
  { nowMs }: RunContext,
): RunStep {
  const tasks = step.run.tasks.map((task): RunTask =>
    task.state === 'pending' ? { ...task, state: 'skipped' } : task,
  )
  const { failure } = step.run
  const run = withoutFields(step.run, ['holdNext', 'stopAt', 'queuedAtMs', 'endingBootId'])
  const ended: Run = { ...run, tasks, state, endedAtMs: nowMs }
  return also({ ...step, run: ended }, { action: state, ...(failure ? { failure } : {}) })
}

/** The task under way begins afresh, as if it had never been tried. */
export function beginAfresh(
  run: Run,
  action: 'retrying' | 'released',
  context: RunContext,
): RunStep {
  const fresh = changeTask({ ...run, state: 'running' }, { state: 'pending', attempts: 0 }, [
    'losses',
    'incompletes',
    'failure',
    'deadlineAtMs',
    'attemptId',
    'endedAtMs',
  ])
  return begin(happened(fresh, { action }), context)
}
