import type { Run, RunTask } from '../contract/run.ts'
import { durationText } from './duration-text.ts'
import { currentTask, hasEnded } from './run-stages.ts'
import { shortId, shownText } from './shown-text.ts'

/** What the run waits for and until when; undefined when it works or has ended. */
export function waitReason(run: Run, nowMs: number): string | undefined {
  if (hasEnded(run)) return undefined
  if (run.state === 'queued') return queueText(run)
  if (run.state === 'held') {
    const because = shownText(run.failure?.message ?? run.heldBecause, 200)
    return `held: ${because}; go on with: repave run release ${shortId(run.id)}`
  }
  if (run.state === 'lost') return `lost: its agent has fallen silent${limitText(run, nowMs)}`
  if (run.state === 'waiting-approval') {
    return `waits for approval: repave run approve ${shortId(run.id)}`
  }
  const task = currentTask(run)
  return task === undefined ? undefined : taskWaitReason(task, nowMs)
}

function queueText({ queuedAtMs, queue }: Run): string {
  if (queuedAtMs === undefined) return 'waits for the machine to boot from the network'
  if (queue === undefined) return 'waits for its turn to write'
  const limits = { daemon: 'this daemon', rack: 'its rack', image: 'its image' }
  return `waits for its turn to write: place ${queue.position}, as many of ${limits[queue.limit]} write as may`
}

function limitText(run: Run, nowMs: number): string {
  const deadlineAtMs = currentTask(run)?.deadlineAtMs
  return deadlineAtMs === undefined ? '' : `; it has ${durationText(deadlineAtMs - nowMs)} more`
}

function taskWaitReason(task: RunTask, nowMs: number): string | undefined {
  const leftMs = task.deadlineAtMs === undefined ? undefined : task.deadlineAtMs - nowMs
  if (task.state === 'waiting-retry') {
    const when = leftMs === undefined ? '' : ` in ${durationText(leftMs)}`
    return `next try${when} after: ${shownText(task.failure?.message, 200)}`
  }
  const limit = leftMs === undefined ? '' : `, for ${durationText(leftMs)} more`
  if (task.state === 'pending') return `waits for sledgehammer's agent${limit}`
  if (task.state !== 'running') return undefined
  if (task.task.action === 'await-phone-home')
    return `waits for the new system to call home${limit}`
  if (task.task.action === 'system-script')
    return `waits for ${task.task.name} on the new system${limit}`
  if (task.task.action === 'reboot' || task.task.action === 'kexec')
    return `waits for the machine to restart${limit}`
  return undefined
}

/** `times out in 9m40s` while an attempt is under way that has a deadline. */
export function deadlineText(run: Run, nowMs: number): string | undefined {
  const task = currentTask(run)
  if (task?.state !== 'running' || task.deadlineAtMs === undefined) return undefined
  return `times out in ${durationText(task.deadlineAtMs - nowMs)}`
}

/** That the run will be held once the task under way has ended, and why; undefined where it will not. */
export function holdNextText({ holdNext, state, tasks, taskIndex }: Run): string | undefined {
  if (holdNext === undefined || state !== 'running') return undefined
  const name = tasks[taskIndex]?.task.name ?? 'its task'
  return `held when ${name} has ended: ${shownText(holdNext.because, 300)}`
}
