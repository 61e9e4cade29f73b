import type { Machine } from '../../../contract/machine.ts'
import type { Run, RunTask } from '../../../contract/run.ts'
import type { TaskAction } from '../../../contract/workflow.ts'

/**
 * The machine as its run leaves it. `deployed` takes both proofs: the receipt of the write and the call
 * home of the system that was written.
 */
export function machineAfterRun(machine: Machine, run: Run): Machine {
  const { imageName, ...rest } = { ...machine, runId: run.id }
  const kept = hasBegunWrite(run) || imageName === undefined ? rest : { ...rest, imageName }
  switch (run.state) {
    case 'queued':
      return { ...kept, state: machine.state === 'held' ? settledState(kept) : machine.state }
    case 'running':
    case 'waiting-approval':
      return { ...kept, state: taskOf(run, 'write-image') ? 'deploying' : settledState(kept) }
    case 'held':
      return { ...kept, state: 'held' }
    case 'succeeded':
      return afterSuccess(kept, run)
    case 'failed':
      return { ...kept, state: 'failed' }
    case 'cancelled':
    case 'lost':
      break
  }
  return { ...kept, state: hasBegunWrite(run) ? 'failed' : settledState(kept) }
}

/** The state of a machine that nothing is being done to. */
export function settledState(machine: Machine): Machine['state'] {
  if (machine.imageName !== undefined) return 'deployed'
  return machine.inventory === undefined ? 'discovering' : 'ready'
}

function afterSuccess(machine: Machine, run: Run): Machine {
  const isProven =
    run.receipt !== undefined && taskOf(run, 'await-phone-home')?.state === 'succeeded'
  // `NAME` or `NAME@VERSION`: which version it is stands in the run.
  const imageName = run.params.imageName?.replace(/@.*$/, '')
  if (!isProven || imageName === undefined) return { ...machine, state: settledState(machine) }
  return { ...machine, state: 'deployed', imageName }
}

function hasBegunWrite(run: Run): boolean {
  return (taskOf(run, 'write-image')?.attempts ?? 0) > 0
}

function taskOf(run: Run, action: TaskAction): RunTask | undefined {
  return run.tasks.find(({ task }) => task.action === action)
}
