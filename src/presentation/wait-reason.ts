import type { Run, RunTask } from '../contract/run.ts'
import { durationText } from './duration-text.ts'
import { currentTask, hasEnded } from './run-stages.ts'
import { shortId, shownText } from './shown-text.ts'

/** What the run waits for and until when; undefined when it works or has ended. */
export function waitReason(run: Run, nowMs: number): string | undefined {
  if (hasEnded(run)) return undefined
  if (run.state === 'queued') return 'waits for the machine to boot from the network'
  if (run.state === 'held') {
    return `held: ${shownText(run.failure?.message, 200)}; go on with: repave run approve ${shortId(run.id)}`
  }
  if (run.state === 'waiting-approval') {
    return `waits for approval: repave run approve ${shortId(run.id)}`
  }
  const task = currentTask(run)
  return task === undefined ? undefined : taskWaitReason(task, nowMs)
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
  if (task.task.action === 'reboot') return `waits for the machine to restart${limit}`
  return undefined
}

/** `times out in 9m40s` while an attempt is under way that has a deadline. */
export function deadlineText(run: Run, nowMs: number): string | undefined {
  const task = currentTask(run)
  if (task?.state !== 'running' || task.deadlineAtMs === undefined) return undefined
  return `times out in ${durationText(task.deadlineAtMs - nowMs)}`
}
