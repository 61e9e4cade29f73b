import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import { contestedText, standingReason } from '../machine/standing.ts'
import { currentTask, isAgentAction, tasksAhead, isSystemAction } from '../workflow/run-step.ts'

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
  /** Runs that boots of the machine have begun by themselves within {@link bootWindowMs}. Default 0. */
  readonly recentOwnRuns?: number
  /** A machine in conflict that looks like this one. */
  readonly contestedBy?: Machine
}

export type BootDecision =
  | { readonly target: 'sledgehammer' | 'local-disk' | 'hold'; readonly because: string }
  /** A run of that workflow begins, and the machine boots what the run needs. */
  | { readonly target: 'begin-run'; readonly workflow: string; readonly because: string }

/** What the machine that fetches a boot script does next, and why. First row that fits. */
export function decideBoot(situation: BootSituation): BootDecision {
  const { machine, run, recentBoots, recentOwnRuns = 0, contestedBy } = situation
  const kept = keptFromEverything(machine)
  if (kept !== undefined) return { target: 'local-disk', because: kept }
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
  const own = contestedBy === undefined ? ownWorkflow(machine) : undefined
  if (own !== undefined && recentOwnRuns >= maximumBoots) {
    const minutes = bootWindowMs / 60_000
    return {
      target: 'hold',
      because: `${recentOwnRuns + 1} boots in ${minutes} min would each begin ${own.workflow}`,
    }
  }
  if (own !== undefined) return { target: 'begin-run', ...own }
  if (contestedBy !== undefined && machine.onBoot !== 'local') {
    return { target: 'local-disk', because: contestedText(contestedBy) }
  }
  if (machine.state === 'deployed') {
    return { target: 'local-disk', because: `${machine.imageName ?? 'an image'} is deployed` }
  }
  const because =
    machine.inventory === undefined
      ? 'not seen before: takes inventory, touches no disk'
      : `${machine.state}: ${standingReason(machine) === undefined ? 'waits for orders' : 'waits for a person'}, touches no disk`
  return { target: 'sledgehammer', because }
}

/** Never written, whatever was ordered: a person has to say something first. */
function keptFromEverything({ retirement, conflict }: Machine): string | undefined {
  if (retirement !== undefined) return 'it is retired'
  return conflict === undefined ? undefined : `its identity is in doubt: ${conflict.because}`
}

/** The workflow that each boot of the machine begins. One that has failed waits for a person. */
function ownWorkflow({
  state,
  onBoot,
  approval,
}: Machine): { workflow: string; because: string } | undefined {
  if (onBoot === 'local' || state === 'failed' || approval?.state === 'pending') return undefined
  if (onBoot === 'reprovision') {
    if (state !== 'deployed') return undefined
    return { workflow: 'reprovision', because: 'it is built anew on every boot' }
  }
  if (onBoot === 'live') return { workflow: 'live-boot', because: 'it runs from RAM on every boot' }
  const workflow = onBoot.replace(/^workflow:/, '')
  return { workflow, because: `it does ${workflow} on every boot` }
}

function decideForRun(run: Run): BootDecision {
  const current = currentTask(run)
  const isDone = current === undefined || isSystemAction(current.task.action)
  const isNeeded = tasksAhead(run).some(({ task }) => isAgentAction(task.action))
  if (isDone || !isNeeded) {
    return {
      target: 'local-disk',
      because: `${run.workflow}: the installed system boots and calls home`,
    }
  }
  const because = `${run.workflow} needs it for ${current.task.name} (${current.stage})`
  return { target: 'sledgehammer', because }
}
