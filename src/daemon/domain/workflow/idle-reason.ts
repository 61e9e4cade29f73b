import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import { standingReason } from '../machine/standing.ts'
import { currentTask, isAgentAction, isEnded } from './run-step.ts'

/** What an agent without an order waits for, for its console; undefined while it has one. */
export function idleReason(run: Run | undefined, machine?: Machine): string | undefined {
  const standing = machine === undefined ? undefined : standingReason(machine)
  if (standing !== undefined) return standing
  if (run === undefined) return 'a workflow for this machine'
  if (isEnded(run)) return ended(run)
  if (run.state === 'held')
    return `a person: ${run.failure?.message ?? run.heldBecause ?? 'the run is held'}`.slice(0, 200)
  if (run.state === 'waiting-approval') return `approval of ${run.workflow}`
  const current = currentTask(run)
  if (current?.state === 'waiting-retry') return `the next try of ${current.task.name}`
  if (run.queuedAtMs !== undefined) return `its turn to do ${current?.task.name ?? 'the next task'}`
  if (current === undefined || isAgentAction(current.task.action)) return undefined
  return `${current.task.name} (${current.stage})`
}

function ended(run: Run): string {
  const reason = run.failure === undefined ? '' : `: ${run.failure.message}`
  return `a workflow for this machine (${run.workflow} ${run.state}${reason})`.slice(0, 200)
}
