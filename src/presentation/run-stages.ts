import { finalRunStates, type Run, type RunTask } from '../contract/run.ts'

export type StageState = RunTask['state']

/** A stage of a run as a person reads it: its tasks summed up. */
export interface StageView {
  readonly name: string
  readonly state: StageState
  readonly tasks: readonly RunTask[]
  readonly startedAtMs?: number
  /** Absent while it is under way. */
  readonly endedAtMs?: number
}

/** The run's tasks gathered by stage, in order. */
export function stagesOf(run: Run): StageView[] {
  const groups: RunTask[][] = []
  for (const task of run.tasks) {
    const last = groups.at(-1)
    if (last?.[0]?.stage === task.stage) last.push(task)
    else groups.push([task])
  }
  return groups.map(stageView)
}

function stageView(tasks: readonly RunTask[]): StageView {
  const state = stageState(tasks)
  const startedAtMs = tasks.find((task) => task.startedAtMs !== undefined)?.startedAtMs
  const under = state === 'running' || state === 'waiting-retry' || state === 'pending'
  const ends = tasks.flatMap((task) => task.endedAtMs ?? [])
  return {
    name: tasks[0]?.stage ?? '',
    state,
    tasks,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(under || ends.length === 0 ? {} : { endedAtMs: Math.max(...ends) }),
  }
}

function stageState(tasks: readonly RunTask[]): StageState {
  const has = (state: StageState) => tasks.some((task) => task.state === state)
  if (has('waiting-retry')) return 'waiting-retry'
  if (has('running')) return 'running'
  if (tasks.some((task) => task.state === 'failed' && task.task.onError !== 'continue')) {
    return 'failed'
  }
  if (tasks.every((task) => task.state === 'skipped')) return 'skipped'
  if (tasks.every((task) => task.state === 'pending')) return 'pending'
  return has('pending') ? 'running' : 'succeeded'
}

/** How long the stage took, or takes so far; undefined before it began. Never negative. */
export function stageDurationMs(stage: StageView, nowMs: number): number | undefined {
  if (stage.startedAtMs === undefined) return undefined
  return Math.max(0, (stage.endedAtMs ?? nowMs) - stage.startedAtMs)
}

/** The task that is due or under way; undefined when all are done. */
export function currentTask(run: Run): RunTask | undefined {
  return run.tasks[run.taskIndex]
}

/** Whether no event can change the run any more. */
export function hasEnded(run: Run): boolean {
  return finalRunStates.includes(run.state)
}
