import type { TaskResult } from '../../../contract/agent-frames.ts'
import type { Failure, Run, RunTask } from '../../../contract/run.ts'
import { type ScriptExit, type TaskAction, scriptExits } from '../../../contract/workflow.ts'
import {
  attemptFailed,
  begin,
  holdHere,
  settleFailure,
  taskSucceeded,
  tryAgainIn,
} from './run-course.ts'
import {
  type RunContext,
  type RunStep,
  changeTask,
  currentTask,
  happened,
  unchanged,
} from './run-step.ts'

export type ResultInput = Pick<TaskResult, 'attemptId' | 'outcome' | 'facts' | 'failure'>

/** Scripts that are not done after so many runs never will be. */
export const maximumIncompletes = 100

/** A result of the attempt under way; of any other attempt it changes nothing. */
export function takeResult(run: Run, input: ResultInput, context: RunContext): RunStep {
  const current = currentTask(run)
  if (current?.state !== 'running' || current.attemptId !== input.attemptId) return unchanged(run)
  const { exitCode } = input.facts
  const told = exitCode === undefined ? run : changeTask(run, { exitCode })
  const failure = failureOf(current.task.action, input, run)
  if (failure !== undefined) return attemptFailed(told, failure, context)
  const informed = { ...told, ...factsKept(current.task.action, input.facts) }
  const exit = scriptExits.get(exitCode ?? 0)
  if (current.task.action === 'script' && exit !== undefined) {
    return takeScriptExit(informed, current, exit, context)
  }
  return taskSucceeded(unchanged(endingAs(informed, current, endOf(current.task.action))), context)
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
  const proof = proofs[action]
  if (action === 'script' && !scriptExits.has(facts.exitCode ?? -1)) {
    return incomplete('exit code')
  }
  if (proof === undefined || facts[proof.fact] !== undefined) return undefined
  // The seed goes into the receipt of the image that it belongs to, where there is one.
  const isWaived = action === 'write-seed' && run.receipt === undefined
  return isWaived ? undefined : incomplete(proof.name)
}

function incomplete(missing: string): Failure {
  const message = `the agent reported success without the ${missing}`
  return { code: 'ERR_RESULT_INCOMPLETE', message, retryable: false }
}

/** The fact that each action proves itself by; the run keeps it, and takes it from no other action. */
const proofs: Partial<Record<TaskAction, { readonly fact: ProofFact; readonly name: string }>> = {
  'select-disk': { fact: 'disk', name: 'disk' },
  'select-disks': { fact: 'disks', name: 'disks' },
  'write-image': { fact: 'receipt', name: 'receipt' },
  'write-seed': { fact: 'receipt', name: 'receipt with the seed' },
  'capture-image': { fact: 'capturedImage', name: 'captured image' },
  'verify-image': { fact: 'comparison', name: 'comparison' },
  'wipe-disk': { fact: 'wipe', name: 'report of the wipe' },
}
type ProofFact = 'disk' | 'disks' | 'receipt' | 'capturedImage' | 'comparison' | 'wipe'

function factsKept(action: TaskAction, facts: TaskResult['facts']): Partial<Run> {
  const fact = proofs[action]?.fact
  if (fact === undefined || facts[fact] === undefined) return {}
  const { disksLeft } = facts
  const also = action === 'select-disks' && disksLeft !== undefined ? { disksLeft } : {}
  return { [fact]: facts[fact], ...also }
}

function endOf(action: TaskAction): ScriptExit['next'] {
  if (action === 'kexec') return 'reboot'
  return action === 'reboot' || action === 'poweroff' ? action : 'go-on'
}

/** Nothing more is ordered to a boot that has been told to end. */
function endingAs(run: Run, { bootId }: RunTask, next: ScriptExit['next']): Run {
  if (next !== 'reboot' && next !== 'poweroff') return run
  return {
    ...run,
    ...(bootId === undefined ? {} : { endingBootId: bootId }),
    ...(next === 'poweroff' ? { isPoweredOff: true } : {}),
  }
}

function takeScriptExit(
  run: Run,
  current: RunTask,
  exit: ScriptExit,
  context: RunContext,
): RunStep {
  const ending = endingAs(run, current, exit.next)
  const stopped = `${current.task.name} asked to stop (exit code ${exit.isIncomplete ? 144 : 16})`
  if (exit.isIncomplete) return takeIncomplete(ending, current, exit, stopped, context)
  const holdNext = { because: stopped, afterTask: run.taskIndex }
  return taskSucceeded(unchanged(exit.next === 'stop' ? { ...ending, holdNext } : ending), context)
}

function takeIncomplete(
  run: Run,
  { task, incompletes = 0 }: RunTask,
  { next }: ScriptExit,
  stopped: string,
  context: RunContext,
): RunStep {
  const counted = changeTask(run, { incompletes: incompletes + 1 }, ['deadlineAtMs', 'attemptId'])
  if (incompletes >= maximumIncompletes) {
    const message = `${task.name} was not done after ${maximumIncompletes} runs`
    const failure = { code: 'ERR_SCRIPT_INCOMPLETE', message, retryable: false }
    return settleFailure(counted, failure, context)
  }
  if (next === 'stop') return holdHere(unchanged(counted), stopped)
  if (next === 'go-on') {
    const seconds = Math.max(1, task.retry.backoffSeconds)
    return happened(tryAgainIn(counted, seconds, context), { action: 'retrying' })
  }
  const pending = changeTask(counted, { state: 'pending' })
  return begin(happened(pending, { action: 'retrying' }), context)
}
