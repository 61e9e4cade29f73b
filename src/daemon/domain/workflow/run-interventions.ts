import type { Failure, Intervention, InterventionVerb, Run } from '../../../contract/run.ts'
import type { TaskAction } from '../../../contract/workflow.ts'
import {
  advance,
  begin,
  beginAfresh,
  end,
  giveUp,
  holdHere,
  stopOf,
  taskSucceeded,
} from './run-course.ts'
import {
  type RunContext,
  type RunStep,
  changeTask,
  currentTask,
  happened,
  unchanged,
  withoutFields,
} from './run-step.ts'

/** What a person does to a run. `by` is `operator:NAME`. */
export interface InterventionInput {
  readonly verb: InterventionVerb
  readonly by?: string
  readonly note?: string
}

const rememberedInterventions = 100

/** A verb that does not fit the state of the run changes nothing: {@link verbRefusal} says why beforehand. */
export function takeIntervention(run: Run, input: InterventionInput, context: RunContext): RunStep {
  const step = actOn(run, input, context)
  return step.run === run ? step : { ...step, run: remembering(step.run, run, input, context) }
}

function actOn(run: Run, { verb, note }: InterventionInput, context: RunContext): RunStep {
  switch (verb) {
    case 'approve':
      return run.state === 'held' ? release(run, context) : approve(run, context)
    case 'release':
      return release(run, context)
    case 'retry':
      return run.state === 'held' ? release(run, context) : retryNow(run, context)
    case 'step':
      return stepOnce(run, context)
    case 'skip':
      return skip(run, context)
    case 'hold':
      return pause(run, note)
    case 'cancel':
      break
  }
  return cancel(run, context)
}

function remembering(
  run: Run,
  before: Run,
  { verb, by = 'daemon', note }: InterventionInput,
  { nowMs }: RunContext,
): Run {
  const task = currentTask(before)?.task.name
  const intervention: Intervention = {
    ...{ verb, by, atMs: nowMs },
    ...(task === undefined ? {} : { task }),
    ...(note === undefined ? {} : { note }),
  }
  const interventions = [...(run.interventions ?? []), intervention].slice(-rememberedInterventions)
  return { ...run, interventions }
}

function approve(run: Run, context: RunContext): RunStep {
  if (run.state !== 'waiting-approval') return unchanged(run)
  if (currentTask(run)?.task.action === 'approve') return taskSucceeded(unchanged(run), context)
  const approved = changeTask({ ...run, state: 'running' }, { isApproved: true })
  return begin(happened(approved, { action: 'approved' }), context)
}

/** What has failed begins afresh; what was only held goes on where it is. */
function release(run: Run, context: RunContext): RunStep {
  if (run.state !== 'held') return unchanged(run)
  const going = rearmed(withoutFields(run, ['failure', 'heldBecause']), context)
  if (currentTask(run)?.state !== 'pending') return beginAfresh(going, 'retrying', context)
  return begin(happened({ ...going, state: 'running' }, { action: 'released' }), context)
}

/** A person's word arms the run anew, for as long as the order did. */
function rearmed(run: Run, { nowMs }: RunContext): Run {
  const { armedUntilMs, createdAtMs } = run
  if (armedUntilMs === undefined) return run
  return { ...run, armedUntilMs: Math.max(armedUntilMs, nowMs + armedUntilMs - createdAtMs) }
}

function retryNow(run: Run, context: RunContext): RunStep {
  if (currentTask(run)?.state !== 'waiting-retry') return unchanged(run)
  return begin(unchanged(changeTask(run, { state: 'pending' }, ['deadlineAtMs'])), context)
}

/** One task, and then held again. */
function stepOnce(run: Run, context: RunContext): RunStep {
  if (run.state !== 'held') return unchanged(run)
  const holdNext = { because: 'single step: the task before is done', afterTask: run.taskIndex }
  return release({ ...run, holdNext }, context)
}

/** What proves the run, or what a later task stands on: without it success would be a lie. */
const requiredActions: readonly TaskAction[] = [
  'select-disk',
  'select-disks',
  'write-image',
  'write-seed',
  'wipe-disk',
  'capture-image',
  'await-phone-home',
]

function skip(run: Run, context: RunContext): RunStep {
  const current = currentTask(run)
  if (current === undefined || requiredActions.includes(current.task.action)) return unchanged(run)
  const skipped = changeTask(
    withoutFields(run, ['failure', 'heldBecause', 'queuedAtMs']),
    { state: 'skipped', endedAtMs: context.nowMs },
    ['deadlineAtMs', 'failure'],
  )
  const step = { ...happened(skipped, { action: 'task-skipped' }), effects: stopOf(current) }
  return advance(step, context)
}

/** The task under way is left to end; anything that only waits is held at once. */
function pause(run: Run, note: string | undefined): RunStep {
  const current = currentTask(run)
  if (current === undefined || run.state === 'held') return unchanged(run)
  const because =
    note === undefined ? 'a person holds it' : `a person holds it: ${note}`.slice(0, 500)
  if (current.state !== 'running' || current.task.action === 'approve') {
    return holdHere(unchanged(run), because)
  }
  if (run.holdNext?.because === because) return unchanged(run)
  const holdNext = { because, afterTask: run.taskIndex - 1 }
  return happened({ ...run, holdNext }, { action: 'hold-requested' })
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

/** Why the verb does not fit the run; undefined where it does. */
export function verbRefusal(
  run: Run,
  verb: InterventionVerb,
): { readonly kind: 'not-waiting' | 'required'; readonly reason: string } | undefined {
  const current = currentTask(run)
  if (verb === 'skip' && current !== undefined && requiredActions.includes(current.task.action)) {
    return { kind: 'required', reason: `${current.task.name} proves the run` }
  }
  const { fits, otherwise } = fittingStates[verb]
  return fits(run) ? undefined : { kind: 'not-waiting', reason: otherwise }
}

const isHeld = ({ state }: Run) => state === 'held'
const isRetried = (run: Run) => currentTask(run)?.state === 'waiting-retry'

/** When a verb can do anything, and what is to be said where it cannot. */
const fittingStates: Record<
  InterventionVerb,
  { readonly fits: (run: Run) => boolean; readonly otherwise: string }
> = {
  approve: {
    fits: (run) => isHeld(run) || run.state === 'waiting-approval',
    otherwise: 'waits for no approval',
  },
  release: { fits: isHeld, otherwise: 'is not held' },
  step: { fits: isHeld, otherwise: 'is not held' },
  retry: {
    fits: (run) => isHeld(run) || isRetried(run),
    otherwise: 'has nothing to try again',
  },
  hold: { fits: (run) => !isHeld(run), otherwise: 'is held already' },
  skip: { fits: () => true, otherwise: '' },
  cancel: { fits: () => true, otherwise: '' },
}
