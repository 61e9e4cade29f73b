import type { TaskResult } from '../../../contract/agent-frames.ts'
import type { Failure, Run, RunTask } from '../../../contract/run.ts'
import type { TaskAction } from '../../../contract/workflow.ts'
import {
  type RunContext,
  type RunEffect,
  type RunStep,
  also,
  changeTask,
  currentTask,
  happened,
  isAgentAction,
  isEnded,
  unchanged,
} from './run-step.ts'

/** What may happen to a run. */
export type RunInput =
  /** Something may be able to begin: the run is new, an agent joined, the daemon started. */
  | { readonly kind: 'wake' }
  | (Pick<TaskResult, 'attemptId' | 'outcome' | 'facts' | 'failure'> & { readonly kind: 'result' })
  /** The moment that {@link nextDeadline} named has come. */
  | ({ readonly kind: 'deadline' } & Deadline)
  /** The machine asked what to boot, so it has restarted. */
  | { readonly kind: 'machine-booted' }
  /** The installed system called with the nonce of this very run. */
  | { readonly kind: 'phone-home' }
  | { readonly kind: 'hold'; readonly failure: Failure }
  | { readonly kind: 'approve' }
  | { readonly kind: 'cancel' }

export interface Deadline {
  readonly taskIndex: number
  readonly deadlineAtMs: number
}

/** Machines that boot anew under a task more often than this have a fault that trying again will not mend. */
export const maximumLosses = 5
const longestBackoffSeconds = 300

/**
 * The rules of a run: what it is after `input`. Inputs that come twice, too late or from an attempt that
 * is over change nothing. Repeats of the order for the attempt under way are effects without a change.
 */
export function stepRun(run: Run, input: RunInput, context: RunContext): RunStep {
  if (isEnded(run)) return unchanged(run)
  const step = take(run, input, context)
  return step.run === run ? step : { ...step, run: { ...step.run, revision: run.revision + 1 } }
}

/** When the run needs a `deadline` input, if nothing else happens. */
export function nextDeadline(run: Run): Deadline | undefined {
  const deadlineAtMs = currentTask(run)?.deadlineAtMs
  if (deadlineAtMs === undefined || isEnded(run) || run.state === 'held') return undefined
  return { taskIndex: run.taskIndex, deadlineAtMs }
}

function take(run: Run, input: RunInput, context: RunContext): RunStep {
  switch (input.kind) {
    case 'wake':
      return wake(run, context)
    case 'result':
      return takeResult(run, input, context)
    case 'deadline':
      return takeDeadline(run, input, context)
    case 'machine-booted':
      return takeMachineBooted(run, context)
    case 'phone-home':
      return takePhoneHome(run, context)
    case 'hold':
      return run.state === 'held' ? unchanged(run) : hold(giveUp(run, input.failure, context))
    case 'approve':
      return approve(run, context)
    case 'cancel':
      break
  }
  return cancel(run, context)
}

function wake(run: Run, context: RunContext): RunStep {
  const current = currentTask(run)
  if (current === undefined || run.state === 'held') return unchanged(run)
  if (current.state === 'pending') return begin(unchanged(run), context)
  const { attemptId } = current
  const isOrdered = current.state === 'running' && isAgentAction(current.task.action)
  if (!isOrdered || attemptId === undefined || context.agentBootId === undefined) {
    return unchanged(run)
  }
  return current.bootId === context.agentBootId
    ? { run, effects: [{ kind: 'order', attemptId }], happenings: [] }
    : lose(run, current, context)
}

/** The machine booted anew and its agent knows nothing of the attempt: a new one, under a new id. */
function lose(run: Run, current: RunTask, context: RunContext): RunStep {
  const losses = (current.losses ?? 0) + 1
  const counted = changeTask(run, { losses })
  const failure: Failure = {
    code: 'ERR_ATTEMPT_LOST',
    message: `the machine booted anew while ${current.task.name} ran (${losses} times)`,
    retryable: losses <= maximumLosses,
  }
  if (losses > maximumLosses) return settleFailure(counted, failure, context)
  const again = changeTask(counted, { state: 'pending', failure }, ['deadlineAtMs', 'attemptId'])
  return begin(happened(again, { action: 'retrying', failure }), context)
}

function takeResult(
  run: Run,
  input: Extract<RunInput, { kind: 'result' }>,
  context: RunContext,
): RunStep {
  const current = currentTask(run)
  if (current?.state !== 'running' || current.attemptId !== input.attemptId) return unchanged(run)
  const failure = failureOf(current.task.action, input, run)
  if (failure !== undefined) return attemptFailed(run, failure, context)
  const { disk, receipt, capturedImage } = input.facts
  const informed = {
    ...run,
    ...(current.task.action === 'select-disk' && disk !== undefined ? { disk } : {}),
    ...(givesReceipt(current.task.action) && receipt !== undefined ? { receipt } : {}),
    ...(current.task.action === 'capture-image' && capturedImage !== undefined
      ? { capturedImage }
      : {}),
  }
  return taskSucceeded(unchanged(informed), context)
}

/** The seed goes into the receipt of the image that it belongs to. */
function givesReceipt(action: TaskAction): boolean {
  return action === 'write-image' || action === 'write-seed'
}

/** A success without its proof is a failure. */
function failureOf(
  action: TaskAction,
  { outcome, facts, failure }: Pick<TaskResult, 'outcome' | 'facts' | 'failure'>,
  run: Run,
): Failure | undefined {
  if (outcome === 'failed') {
    return failure ?? { code: 'ERR_TASK_FAILED', message: 'no reason was given', retryable: true }
  }
  const missing =
    (action === 'select-disk' && facts.disk === undefined && 'disk') ||
    (action === 'write-image' && facts.receipt === undefined && 'receipt') ||
    (action === 'write-seed' && run.receipt && !facts.receipt && 'receipt with the seed') ||
    (action === 'capture-image' && facts.capturedImage === undefined && 'captured image')
  if (missing === false || missing === undefined) return undefined
  const message = `the agent reported success without the ${missing}`
  return { code: 'ERR_RESULT_INCOMPLETE', message, retryable: false }
}

function takeDeadline(run: Run, input: Deadline, context: RunContext): RunStep {
  const current = currentTask(run)
  const due = nextDeadline(run)
  if (current === undefined || due === undefined) return unchanged(run)
  if (due.taskIndex !== input.taskIndex || due.deadlineAtMs !== input.deadlineAtMs) {
    return unchanged(run)
  }
  if (current.state === 'running') return attemptFailed(run, timedOut(current), context)
  if (current.state === 'pending') return settleFailure(run, agentAbsent(current), context)
  return begin(unchanged(changeTask(run, { state: 'pending' }, ['deadlineAtMs'])), context)
}

function timedOut({ task }: RunTask): Failure {
  const what =
    task.action === 'await-phone-home'
      ? 'the installed system did not call home'
      : `${task.name} did not end`
  const message = `${what} within ${task.timeoutSeconds} s`
  return { code: 'ERR_TASK_TIMEOUT', message, retryable: true }
}

function agentAbsent({ task }: RunTask): Failure {
  const message = `no agent came to do ${task.name} within ${task.timeoutSeconds} s`
  return { code: 'ERR_AGENT_ABSENT', message, retryable: false }
}

/** A restart is what `reboot` was about, even when its result never arrived. */
function takeMachineBooted(run: Run, context: RunContext): RunStep {
  const current = currentTask(run)
  return current?.state === 'running' && current.task.action === 'reboot'
    ? taskSucceeded(unchanged(run), context)
    : unchanged(run)
}

/** Counts from the restart on; a held run is past its trouble when its system calls. */
function takePhoneHome(run: Run, context: RunContext): RunStep {
  const action = currentTask(run)?.task.action
  const following = run.tasks[run.taskIndex + 1]?.task.action
  if (action === 'await-phone-home') return taskSucceeded(unchanged(run), context)
  if (action !== 'reboot' || following !== 'await-phone-home') return unchanged(run)
  return taskSucceeded(taskSucceeded(unchanged(run), context), context)
}

function approve(run: Run, context: RunContext): RunStep {
  if (run.state === 'waiting-approval') return taskSucceeded(unchanged(run), context)
  if (run.state !== 'held') return unchanged(run)
  const { failure: _failure, ...rest } = run
  const { armedUntilMs, createdAtMs } = run
  // A person's word arms the run anew, for as long as the order did.
  const armed =
    armedUntilMs === undefined
      ? {}
      : { armedUntilMs: Math.max(armedUntilMs, context.nowMs + armedUntilMs - createdAtMs) }
  const fresh = changeTask(
    { ...rest, ...armed, state: 'running' },
    { state: 'pending', attempts: 0 },
    ['losses', 'failure', 'deadlineAtMs', 'attemptId', 'endedAtMs'],
  )
  return begin(happened(fresh, { action: 'retrying' }), context)
}

function cancel(run: Run, context: RunContext): RunStep {
  const failure: Failure = {
    code: 'ERR_CANCELLED',
    message: 'the run was cancelled',
    retryable: false,
  }
  const step = giveUp(run, failure, context)
  return end(step, 'cancelled', context)
}

/** Ends the attempt under way, if there is one, with `failure`. */
function giveUp(run: Run, failure: Failure, { nowMs }: RunContext): RunStep {
  const current = currentTask(run)
  if (current === undefined || current.state === 'failed') return unchanged(run)
  const attemptId = current.state === 'running' ? current.attemptId : undefined
  const isStopped = attemptId !== undefined && isAgentAction(current.task.action)
  return {
    run: changeTask({ ...run, failure }, { state: 'failed', failure, endedAtMs: nowMs }, [
      'deadlineAtMs',
    ]),
    effects: isStopped ? [{ kind: 'stop', attemptId }] : [],
    happenings: [],
  }
}

/** Another try where the task allows one, else what `onError` says. */
function attemptFailed(run: Run, failure: Failure, context: RunContext): RunStep {
  const current = currentTask(run)
  if (current === undefined) return unchanged(run)
  const { retry } = current.task
  const tries = current.attempts - (current.losses ?? 0)
  if (!failure.retryable || tries >= retry.attempts) return settleFailure(run, failure, context)
  const backoffSeconds = Math.min(retry.backoffSeconds * 2 ** (tries - 1), longestBackoffSeconds)
  const deadlineAtMs = context.nowMs + backoffSeconds * 1000
  const stopped = giveUp(run, failure, context)
  const waiting = changeTask(stopped.run, { state: 'waiting-retry', deadlineAtMs }, ['endedAtMs'])
  const { failure: _failure, ...going } = waiting
  return also({ ...stopped, run: going }, { action: 'retrying', failure })
}

function settleFailure(run: Run, failure: Failure, context: RunContext): RunStep {
  const onError = currentTask(run)?.task.onError
  const failed = also(giveUp(run, failure, context), { action: 'task-failed', failure })
  if (onError === 'hold') return hold(failed)
  if (onError !== 'continue') return end(failed, 'failed', context)
  const { failure: _failure, ...going } = failed.run
  return advance({ ...failed, run: going }, context)
}

function hold(step: RunStep): RunStep {
  const { failure } = step.run
  const held: Run = { ...step.run, state: 'held' }
  return also({ ...step, run: held }, { action: 'held', ...(failure ? { failure } : {}) })
}

function end(step: RunStep, state: 'succeeded' | 'failed' | 'cancelled', { nowMs }: RunContext) {
  const tasks = step.run.tasks.map((task): RunTask =>
    task.state === 'pending' ? { ...task, state: 'skipped' } : task,
  )
  const { failure } = step.run
  const ended: Run = { ...step.run, tasks, state, endedAtMs: nowMs }
  return also({ ...step, run: ended }, { action: state, ...(failure ? { failure } : {}) })
}

function taskSucceeded(step: RunStep, context: RunContext): RunStep {
  const { failure: _failure, ...run } = step.run
  const succeeded = changeTask(run, { state: 'succeeded', endedAtMs: context.nowMs }, [
    'deadlineAtMs',
    'failure',
  ])
  return advance(also({ ...step, run: succeeded }, { action: 'task-succeeded' }), context)
}

function advance(step: RunStep, context: RunContext): RunStep {
  const run: Run = { ...step.run, state: 'running', taskIndex: step.run.taskIndex + 1 }
  if (run.taskIndex >= run.tasks.length) return end({ ...step, run }, 'succeeded', context)
  return currentTask(run)?.state === 'pending' ? begin({ ...step, run }, context) : { ...step, run }
}

/** Begins the pending task, or says until when it waits for an agent to do it. */
function begin(step: RunStep, context: RunContext): RunStep {
  const current = currentTask(step.run)
  if (current === undefined) return step
  if (current.task.action === 'approve') return beginApproval(step, context)
  if (isAgentAction(current.task.action) && context.agentBootId === undefined) {
    return awaitAgent(step, current, context)
  }
  const bootId = isAgentAction(current.task.action) ? context.agentBootId : undefined
  const attempt = {
    state: 'running',
    attempts: current.attempts + 1,
    attemptId: context.freshId,
    ...(bootId === undefined ? {} : { bootId }),
    startedAtMs: current.startedAtMs ?? context.nowMs,
    deadlineAtMs: context.nowMs + current.task.timeoutSeconds * 1000,
  } as const
  const run = changeTask(started(step.run, context), attempt)
  const order: RunEffect[] =
    bootId === undefined ? [] : [{ kind: 'order', attemptId: context.freshId }]
  return also({ ...step, run, effects: [...step.effects, ...order] }, { action: 'task-started' })
}

function beginApproval(step: RunStep, context: RunContext): RunStep {
  const waiting = changeTask(started(step.run, context), {
    state: 'running',
    startedAtMs: context.nowMs,
  })
  const run: Run = { ...waiting, state: 'waiting-approval' }
  return also({ ...step, run }, { action: 'waiting-approval' })
}

/** A run that has not begun waits for its machine for ever; one that has, as long as the task may take. */
function awaitAgent(step: RunStep, current: RunTask, { nowMs }: RunContext): RunStep {
  if (step.run.startedAtMs === undefined || current.deadlineAtMs !== undefined) return step
  const deadlineAtMs = nowMs + current.task.timeoutSeconds * 1000
  return { ...step, run: changeTask(step.run, { deadlineAtMs }) }
}

function started(run: Run, { nowMs }: RunContext): Run {
  return { ...run, state: 'running', startedAtMs: run.startedAtMs ?? nowMs }
}
