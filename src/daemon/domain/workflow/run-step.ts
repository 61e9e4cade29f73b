import { type Failure, type Run, type RunTask, finalRunStates } from '../../../contract/run.ts'
import { type TaskAction, agentActions } from '../../../contract/workflow.ts'

export interface RunContext {
  readonly nowMs: number
  /** The id of the attempt that this step may begin (at most one). */
  readonly freshId: string
  /** Which boot of the machine has an agent connected now, if any. */
  readonly agentBootId?: string
}

/** What the engine owes the agent after the step is stored. */
export type RunEffect =
  | { readonly kind: 'order'; readonly attemptId: string }
  | { readonly kind: 'stop'; readonly attemptId: string }

/** One event of the step; it carries the run as the whole step leaves it. */
export interface RunHappening {
  readonly action:
    | 'task-started'
    | 'task-succeeded'
    | 'task-failed'
    | 'retrying'
    | 'waiting-approval'
    | 'held'
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

/** The task under way; undefined when all are done. */
export function currentTask(run: Run): RunTask | undefined {
  return run.tasks[run.taskIndex]
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

type OptionalTaskField = 'attemptId' | 'losses' | 'endedAtMs' | 'deadlineAtMs' | 'failure'

/** The run with its current task changed and some of its optional fields removed. */
export function changeTask(
  run: Run,
  changes: Partial<RunTask>,
  removed: readonly OptionalTaskField[] = [],
): Run {
  const tasks = run.tasks.map((task, index) => {
    if (index !== run.taskIndex) return task
    const kept = Object.entries(task).filter(
      ([field]) => !(removed as readonly string[]).includes(field),
    )
    return { ...(Object.fromEntries(kept) as RunTask), ...changes }
  })
  return { ...run, tasks }
}
