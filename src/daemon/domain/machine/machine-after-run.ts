import type { Machine } from '../../../contract/machine.ts'
import type { Run, RunTask } from '../../../contract/run.ts'
import type { TaskAction } from '../../../contract/workflow.ts'
import { blockedState } from './standing.ts'

/**
 * The machine as its run leaves it. `deployed` takes both proofs: the receipt of the write and the call
 * home of the system that was written.
 */
export function machineAfterRun(machine: Machine, run: Run): Machine {
  const after = afterRun(machine, run)
  return { ...after, state: blockedState(after) ?? after.state }
}

function afterRun(machine: Machine, run: Run): Machine {
  const named = { ...machine, runId: run.id }
  const kept = hasBegunWrite(run) ? withoutImage(named) : named
  switch (run.state) {
    case 'queued':
      if (run.startedAtMs !== undefined && changesDisk(run)) return { ...kept, state: 'deploying' }
      return { ...kept, state: machine.state === 'held' ? settledState(kept) : machine.state }
    case 'running':
    case 'lost':
    case 'waiting-approval':
      return { ...kept, state: changesDisk(run) ? 'deploying' : settledState(kept) }
    case 'held':
      return { ...kept, state: 'held' }
    case 'succeeded':
      return afterSuccess(kept, run)
    case 'failed':
      return { ...kept, state: 'failed' }
    case 'cancelled':
      break
  }
  return { ...kept, state: hasBegunWrite(run) ? 'failed' : settledState(kept) }
}

/** The state of a machine that nothing is being done to. */
export function settledState(machine: Machine): Machine['state'] {
  const blocked = blockedState(machine)
  if (blocked !== undefined) return blocked
  if (machine.imageName !== undefined) return 'deployed'
  return machine.inventory === undefined ? 'discovering' : 'ready'
}

function afterSuccess(machine: Machine, run: Run): Machine {
  const isProven =
    run.receipt !== undefined && taskOf(run, 'await-phone-home')?.state === 'succeeded'
  const { imageDigest } = run
  // `NAME` or `NAME@VERSION`.
  const imageName = run.params.imageName?.replace(/@.*$/, '')
  if (!isProven || imageName === undefined || imageDigest === undefined) {
    return { ...machine, state: settledState(machine) }
  }
  return { ...machine, state: 'deployed', imageName, imageDigest }
}

function withoutImage({ imageName: _name, imageDigest: _digest, ...rest }: Machine): Machine {
  return rest
}

function hasBegunWrite(run: Run): boolean {
  return run.tasks.some(({ task, attempts }) => isDiskAction(task.action) && attempts > 0)
}

function changesDisk(run: Run): boolean {
  return run.tasks.some(({ task }) => isDiskAction(task.action))
}

function isDiskAction(action: TaskAction): boolean {
  return action === 'write-image' || action === 'wipe-disk'
}

function taskOf(run: Run, action: TaskAction): RunTask | undefined {
  return run.tasks.find(({ task }) => task.action === action)
}
