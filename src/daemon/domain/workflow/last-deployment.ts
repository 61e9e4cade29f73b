import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import { NeverDeployedError } from './errors.ts'
import { type PreparedRun, type RunSources, prepareRun } from './prepare-run.ts'
import { approvalOf } from './preview-run.ts'
import type { StateStore } from './state-store.ts'

/** The workflow that brings a machine back to its image. */
export const rebuildWorkflow = 'reprovision'

/** Runs of one machine that are looked through for the last one of a kind. */
const rememberedRuns = 50

export interface DeploymentSources extends RunSources {
  readonly state: { readonly store: Pick<StateStore, 'readRunsOf'> }
}

/**
 * A rebuild: the parameters of the machine's last deployment unless others are `wanted`, and its disk. Of
 * an image that is called by its name it is the newest version.
 *
 * @throws {NeverDeployedError} and as {@link prepareRun}
 */
export async function prepareRebuild(
  machine: Machine,
  wanted: PreparedRun['params'],
  sources: DeploymentSources,
): Promise<PreparedRun> {
  const deployed = lastDeploymentIn(await runsOf(machine, sources))
  if (deployed === undefined) throw new NeverDeployedError(machine.name)
  const params = { ...deployed.params, ...wanted }
  const prepared = await prepareRun(machine, rebuildWorkflow, params, sources)
  return { ...prepared, ...inTheWakeOf(deployed) }
}

/**
 * What a boot begins by itself: the workflow with the parameters of its last run, else of the machine's
 * last deployment, whose disk it keeps to.
 *
 * @throws as {@link prepareRun}
 */
export async function prepareOwnRun(
  machine: Machine,
  workflow: string,
  sources: DeploymentSources,
): Promise<PreparedRun> {
  if (workflow === rebuildWorkflow) {
    return { ...(await prepareRebuild(machine, {}, sources)), begunByBoot: true }
  }
  const runs = await runsOf(machine, sources)
  const deployed = lastDeploymentIn(runs)
  const params = (runs.find((run) => run.workflow === workflow) ?? deployed)?.params ?? {}
  const prepared = await prepareRun(machine, workflow, params, sources)
  return { ...prepared, ...(deployed && inTheWakeOf(deployed)), begunByBoot: true }
}

function runsOf({ id }: Machine, { state }: DeploymentSources): Promise<readonly Run[]> {
  return state.store.readRunsOf(id, rememberedRuns)
}

function lastDeploymentIn(runs: readonly Run[]): Run | undefined {
  return runs.find((run) => run.state === 'succeeded' && run.receipt !== undefined)
}

function inTheWakeOf({
  disk,
  imageDigest,
}: Run): Pick<PreparedRun, 'approvedDisk' | 'previousImageDigest'> {
  return {
    ...(disk === undefined ? {} : { approvedDisk: approvalOf(disk) }),
    ...(imageDigest === undefined ? {} : { previousImageDigest: imageDigest }),
  }
}
