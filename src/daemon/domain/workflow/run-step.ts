import { type Failure, type Run, type RunTask, finalRunStates } from '../../../contract/run.ts'
import { type TaskAction, agentActions, writingActions } from '../../../contract/workflow.ts'

export interface RunContext {
  readonly nowMs: number
  /** The id of the attempt that this step may begin (at most one). */
  readonly freshId: string
  /** Which boot of the machine has an agent connected now, if any. */
  readonly agentBootId?: string
  /** Which start of the daemon this is: a hook that another one called is lost. */
  readonly daemonBootId?: string
  /** Whether the run has its turn to write. Default: it has. */
  readonly mayWrite?: (run: Run) => boolean
}

/** What the engine owes the agent, or a hook, after the step is stored. */
export type RunEffect =
  | { readonly kind: 'order'; readonly attemptId: string }
  | { readonly kind: 'call'; readonly attemptId: string }
  | { readonly kind: 'stop'; readonly attemptId: string }

/** One event of the step; it carries the run as the whole step leaves it. */
export interface RunHappening {
  readonly action:
    | 'queued'
    | 'task-started'
    | 'task-succeeded'
    | 'task-failed'
    | 'task-skipped'
    | 'retrying'
    | 'waiting-approval'
    | 'approved'
    | 'hold-requested'
    | 'held'
    | 'released'
    | 'lost'
    | 'resumed'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
  readonly task?: string
  readonly failure?: Failure
}

export interface RunStep {
  /** The same object when nothing changed. */
  readonly run: Run
  readonly effects: readonly RunEffect[]
  readonly happenings: readonly RunHappening[]
}

export function isEnded(run: Run): boolean {
  return finalRunStates.includes(run.state)
}

export function isAgentAction(action: TaskAction): boolean {
  return (agentActions as readonly string[]).includes(action)
}

/** Ends the boot that does it. */
export function endsBoot(action: TaskAction | undefined): boolean {
  return action === 'reboot' || action === 'kexec' || action === 'poweroff'
}

/** Done by the system on the disk: no agent is needed, and none is missed. */
export function isSystemAction(action: TaskAction | undefined): boolean {
  return action === 'await-phone-home' || action === 'system-script'
}

export function isWritingAction(action: TaskAction): boolean {
  return writingActions.includes(action)
}

/** The task under way; undefined when all are done. */
export function currentTask(run: Run): RunTask | undefined {
  return run.tasks[run.taskIndex]
}

/** What is left to do of the run as it was ordered: its recovery tasks are no part of that. */
export function tasksAhead(run: Run): readonly RunTask[] {
  const current = currentTask(run)
  if (current?.isRecovery) return [current]
  return run.tasks.slice(run.taskIndex).filter(({ isRecovery }) => isRecovery === undefined)
}

/** What the one task of recovery is done for: the failure of the task before it. */
export function recoveredFailure(run: Run): Failure | undefined {
  return run.tasks.findLast((one) => !one.isRecovery && one.state === 'failed')?.failure
}

export function unchanged(run: Run): RunStep {
  return { run, effects: [], happenings: [] }
}

export function happened(run: Run, happening: RunHappening): RunStep {
  return also(unchanged(run), happening)
}

/** Adds a happening of the task under way. */
export function also(step: RunStep, happening: RunHappening): RunStep {
  const task = currentTask(step.run)?.task.name
  const named = task === undefined ? happening : { task, ...happening }
  return { ...step, happenings: [...step.happenings, named] }
}

type OptionalTaskField =
  'attemptId' | 'bootId' | 'losses' | 'incompletes' | 'endedAtMs' | 'deadlineAtMs' | 'failure'

/** The run with its current task changed and some of its optional fields removed. */
export function changeTask(
  run: Run,
  changes: Partial<RunTask>,
  removed: readonly OptionalTaskField[] = [],
): Run {
  const tasks = run.tasks.map((task, index) =>
    index === run.taskIndex ? { ...without(task, removed), ...changes } : task,
  )
  return { ...run, tasks }
}

type OptionalRunField =
  'failure' | 'heldBecause' | 'holdNext' | 'stopAt' | 'queuedAtMs' | 'endingBootId' | 'isPoweredOff'

/** The run without some of its optional fields. */
export function withoutFields(run: Run, removed: readonly OptionalRunField[]): Run {
  return removed.some((field) => run[field] !== undefined) ? without(run, removed) : run
}

function without<Thing extends object>(thing: Thing, removed: readonly (keyof Thing)[]): Thing {
  const kept = Object.entries(thing).filter(([field]) => !removed.includes(field as keyof Thing))
  return Object.fromEntries(kept) as Thing
}
