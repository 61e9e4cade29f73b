import type { Failure, Run, RunTask } from '../../../contract/run.ts'
import {
  agentPatienceSeconds,
  attemptFailed,
  awaitAgent,
  begin,
  giveUp,
  holdFailed,
  settleFailure,
  taskSucceeded,
} from './run-course.ts'
import { type InterventionInput, takeIntervention } from './run-interventions.ts'
import { type ResultInput, takeResult } from './run-result.ts'
import {
  type RunContext,
  type RunStep,
  also,
  changeTask,
  currentTask,
  endsBoot,
  happened,
  isAgentAction,
  isEnded,
  unchanged,
} from './run-step.ts'

/** What may happen to a run. */
export type RunInput =
  /** Something may be able to begin: the run is new, an agent joined, a turn came, the daemon started. */
  | { readonly kind: 'wake' }
  | (ResultInput & { readonly kind: 'result' })
  /** The moment that {@link nextDeadline} named has come. */
  | ({ readonly kind: 'deadline' } & Deadline)
  /** The machine asked what to boot, so it has restarted. */
  | { readonly kind: 'machine-booted' }
  /** Its agent has been silent for too long. */
  | { readonly kind: 'agent-lost' }
  /** The installed system called with the nonce of this very run. */
  | { readonly kind: 'phone-home' }
  /** The installed system has run a script of the workflow. */
  | { readonly kind: 'system-script'; readonly task: string; readonly failure?: Failure }
  /** It cannot go on without a person: its machine boots in a loop. */
  | { readonly kind: 'stuck'; readonly failure: Failure }
  /** A person steps in; see ./run-interventions.ts. */
  | (InterventionInput & { readonly kind: 'intervention' })

export interface Deadline {
  readonly taskIndex: number
  readonly deadlineAtMs: number
}

/** Machines that boot anew under a task more often than this have a fault that trying again will not mend. */
export const maximumLosses = 5

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
    case 'agent-lost':
      return takeAgentLost(run, context)
    case 'phone-home':
      return takePhoneHome(run, context)
    case 'system-script':
      return takeSystemScript(run, input, context)
    case 'stuck':
      return run.state === 'held' ? unchanged(run) : holdFailed(giveUp(run, input.failure, context))
    case 'intervention':
      break
  }
  return takeIntervention(run, input, context)
}

function wake(run: Run, context: RunContext): RunStep {
  const current = currentTask(run)
  const waitsForPerson = run.state === 'held' || run.state === 'waiting-approval'
  if (current === undefined || waitsForPerson) return unchanged(run)
  if (run.state === 'lost' && context.agentBootId !== undefined) return takeReturn(run, context)
  if (current.state === 'pending') return begin(unchanged(run), context)
  const { attemptId } = current
  if (current.state !== 'running' || attemptId === undefined) return unchanged(run)
  if (current.task.action === 'call-hook') {
    return current.bootId === context.daemonBootId ? unchanged(run) : lose(run, current, context)
  }
  if (!isAgentAction(current.task.action) || context.agentBootId === undefined) {
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
  const who = current.task.action === 'call-hook' ? 'daemon started' : 'machine booted'
  const failure: Failure = {
    code: 'ERR_ATTEMPT_LOST',
    message: `the ${who} anew while ${current.task.name} ran (${losses} times)`,
    retryable: losses <= maximumLosses,
  }
  if (losses > maximumLosses) return settleFailure(counted, failure, context)
  const again = changeTask(counted, { state: 'pending', failure }, ['deadlineAtMs', 'attemptId'])
  return begin(happened(again, { action: 'retrying', failure }), context)
}

function takeDeadline(run: Run, input: Deadline, context: RunContext): RunStep {
  const current = currentTask(run)
  const due = nextDeadline(run)
  if (current === undefined || due === undefined) return unchanged(run)
  if (due.taskIndex !== input.taskIndex || due.deadlineAtMs !== input.deadlineAtMs) {
    return unchanged(run)
  }
  if (current.state === 'running') return attemptFailed(run, timedOut(run, current), context)
  if (current.state === 'pending') return settleFailure(run, agentAbsent(current), context)
  return begin(unchanged(changeTask(run, { state: 'pending' }, ['deadlineAtMs'])), context)
}

function timedOut(run: Run, { task }: RunTask): Failure {
  const what =
    task.action === 'await-phone-home'
      ? 'the installed system did not call home'
      : `${task.name} did not end`
  const isLost = run.state === 'lost'
  const message = `${what} within ${task.timeoutSeconds} s${isLost ? ': its agent has fallen silent' : ''}`
  return { code: isLost ? 'ERR_AGENT_LOST' : 'ERR_TASK_TIMEOUT', message, retryable: true }
}

function agentAbsent({ task }: RunTask): Failure {
  const seconds = Math.max(task.timeoutSeconds, agentPatienceSeconds)
  const message = `no agent came to do ${task.name} within ${seconds} s`
  return { code: 'ERR_AGENT_ABSENT', message, retryable: false }
}

/** A restart is what `reboot` was about, even when its result never arrived. */
function takeMachineBooted(run: Run, context: RunContext): RunStep {
  const current = currentTask(run)
  return current?.state === 'running' && endsBoot(current.task.action)
    ? taskSucceeded(unchanged(run), context)
    : unchanged(run)
}

/** Its task keeps its time: an agent that does not come back until then has failed it. */
function takeAgentLost(run: Run, context: RunContext): RunStep {
  const current = currentTask(run)
  const isNeeded = current !== undefined && isAgentAction(current.task.action)
  const isAtWork = run.state === 'running' || run.state === 'queued'
  const isExpected = endsBoot(current?.task.action)
  if (!isNeeded || !isAtWork || isExpected || run.startedAtMs === undefined) return unchanged(run)
  if (current.state === 'pending' && run.endingBootId !== undefined) return unchanged(run)
  const lost: Run = { ...run, state: 'lost' }
  const waiting =
    current.state === 'pending' ? awaitAgent(unchanged(lost), current, context).run : lost
  return happened(waiting, { action: 'lost' })
}

function takeReturn(run: Run, context: RunContext): RunStep {
  const back: Run = { ...run, state: 'running' }
  const step = wake(back, context)
  const resumed = also(unchanged(run), { action: 'resumed' }).happenings
  return { ...step, happenings: [...resumed, ...step.happenings] }
}

/** Counts from the restart on; a held run is past its trouble when its system calls. */
function takePhoneHome(run: Run, context: RunContext): RunStep {
  const action = currentTask(run)?.task.action
  const following = run.tasks[run.taskIndex + 1]?.task.action
  if (action === 'await-phone-home') return taskSucceeded(unchanged(run), context)
  if (!endsBoot(action) || following !== 'await-phone-home') return unchanged(run)
  return taskSucceeded(taskSucceeded(unchanged(run), context), context)
}

/** A system that runs scripts has been started, whatever became of the word about its restart. */
function takeSystemScript(
  run: Run,
  { task, failure }: Extract<RunInput, { kind: 'system-script' }>,
  context: RunContext,
): RunStep {
  const isStarted = !endsBoot(currentTask(run)?.task.action)
  const step = isStarted ? unchanged(run) : taskSucceeded(unchanged(run), context)
  const current = currentTask(step.run)
  const isAwaited = current?.task.action === 'system-script' && current.task.name === task
  if (!isAwaited || current.state !== 'running') return unchanged(run)
  if (failure === undefined) return taskSucceeded(step, context)
  const failed = attemptFailed(step.run, failure, context)
  return { ...failed, happenings: [...step.happenings, ...failed.happenings] }
}
