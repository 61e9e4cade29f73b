import type { Digest } from '../base/digest.ts'
import type { Machine } from '../contract/machine.ts'
import { type RunPlan, runPlanSchema } from '../contract/run-plan.ts'
import { planLines } from '../presentation/plan-lines.ts'
import { writeLines } from './cli-world.ts'
import type { CommandLine, CommonOptions } from './command-line.ts'
import { confirmByName } from './confirm.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { printThing } from './output.ts'

/** What a run is asked for: the body of `POST /plans` and `POST /runs`. */
export interface WantedRun {
  readonly machine: string
  readonly workflow: string
  readonly params: object
}

export async function readPlan(connection: DaemonConnection, body: WantedRun): Promise<RunPlan> {
  return askDaemon(connection, { method: 'POST', path: '/plans', body }, runPlanSchema)
}

/** Prints what would happen. Returns the exit code: 1 where no disk would be chosen. */
export async function printPlans(
  line: CommandLine,
  plans: readonly RunPlan[],
  options: CommonOptions,
): Promise<number> {
  for (const plan of plans) {
    await printThing(line.world, options.output, {
      kind: 'RunPlan',
      value: plan,
      name: plan.machineName,
      lines: [...planLines(plan), ''],
    })
  }
  return plans.some(({ problem }) => problem !== undefined) ? 1 : 0
}

/**
 * Shows the plan and has the person type the machine's name.
 *
 * @returns the plan agreed to, where it names disks: the run is held to it
 */
export async function confirmPlan(
  line: CommandLine,
  machine: Machine,
  plan: () => Promise<RunPlan>,
): Promise<Digest | undefined> {
  // Where nobody can answer, nothing is asked of the daemon either.
  const shown = line.world.stdin.isTTY === true ? await plan() : undefined
  const warning = `This ${lossOf(machine, shown)} on ${machine.name}`
  if (shown !== undefined) writeLines(line.world.stderr, [...planLines(shown), ''])
  await confirmByName(line.world, machine.name, warning)
  return shown?.disk === undefined && shown?.wiped === undefined ? undefined : shown.digest
}

function lossOf({ imageName = 'the disk' }: Machine, plan: RunPlan | undefined): string {
  const count = plan?.wiped?.length
  if (count === undefined) return `replaces ${imageName}`
  return count === 1 ? 'wipes the disk shown above' : `wipes the ${count} disks shown above`
}
