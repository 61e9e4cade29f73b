import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import { currentTask, isAgentAction } from '../workflow/run-step.ts'

/** Boots within {@link bootWindowMs} after which a machine without progress is held. */
export const maximumBoots = 5
export const bootWindowMs = 10 * 60_000

/** Failure code of a run that is held because its machine keeps coming back. */
export const bootLoopCode = 'ERR_BOOT_LOOP'

export interface BootSituation {
  readonly machine: Machine
  /** The run that has not ended, if there is one. */
  readonly run?: Run
  /** This boot included, since the last progress. */
  readonly recentBoots: number
}

export interface BootDecision {
  /** `reprovision`: begin another run like the last one, then decide again. */
  readonly target: 'sledgehammer' | 'local-disk' | 'hold' | 'reprovision'
  readonly because: string
}

/** What the machine that fetches a boot script does next, and why. First row that fits. */
export function decideBoot({ machine, run, recentBoots }: BootSituation): BootDecision {
  if (run?.state === 'held' && run.failure?.code === bootLoopCode) {
    return { target: 'hold', because: `${run.failure.message}; waits for approval to go on` }
  }
  if (recentBoots > maximumBoots) {
    const minutes = bootWindowMs / 60_000
    return {
      target: 'hold',
      because: `booted ${recentBoots} times in ${minutes} min without progress`,
    }
  }
  if (run !== undefined) return decideForRun(run)
  if (machine.state === 'deployed' && machine.onBoot === 'reprovision') {
    return { target: 'reprovision', because: 'it is built anew on every boot' }
  }
  if (machine.state === 'deployed') {
    return { target: 'local-disk', because: `${machine.imageName ?? 'an image'} is deployed` }
  }
  const because =
    machine.inventory === undefined
      ? 'not seen before: takes inventory, touches no disk'
      : `${machine.state}: waits for orders, touches no disk`
  return { target: 'sledgehammer', because }
}

function decideForRun(run: Run): BootDecision {
  const current = currentTask(run)
  const isDone = current === undefined || current.task.action === 'await-phone-home'
  const isNeeded = run.tasks.slice(run.taskIndex).some(({ task }) => isAgentAction(task.action))
  if (isDone || !isNeeded) {
    return {
      target: 'local-disk',
      because: `${run.workflow}: the installed system boots and calls home`,
    }
  }
  const because = `${run.workflow} needs it for ${current.task.name} (${current.stage})`
  return { target: 'sledgehammer', because }
}
