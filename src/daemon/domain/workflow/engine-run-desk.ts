import type { Clock } from '../../../base/clock.ts'
import type { NewRun } from '../../../contract/api-documents.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import type { RunPlan } from '../../../contract/run-plan.ts'
import { MachineNotFoundError } from '../machine/errors.ts'
import type { EngineState } from './engine-state.ts'
import {
  PlanChangedError,
  RunEndedError,
  RunNotFoundError,
  RunNotWaitingError,
  RunUnderWayError,
} from './errors.ts'
import { approvalOf, previewRun } from './preview-run.ts'
import { type PreparedRun, type RunSources, prepareRun, runFor } from './prepare-run.ts'
import type { ProgressReports } from './progress-reports.ts'
import type { RunDesk } from './run-desk.ts'
import type { RunKeeper } from './run-keeper.ts'
import { isEnded } from './run-step.ts'

export interface RunDeskOptions extends RunSources {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly progress: ProgressReports
  readonly clock: Clock
}

/** What people ask of the engine. */
export function createRunDesk(options: RunDeskOptions): RunDesk {
  const { state, progress } = options
  return {
    listRuns: async () => (await state.store.readSnapshot()).runs,
    findRun: (id) => state.store.findRun(id),
    snapshot: () => state.store.readSnapshot(),
    onProgress: (listener) => progress.listen(listener),
    previewRun: async (request) => {
      const machine = state.findMachine(request.machine)
      if (machine === undefined) throw new MachineNotFoundError(request.machine)
      const prepared = await prepareRun(request.workflow, request.params ?? {}, options)
      return preview(options, machine, prepared, await imageBytesOf(options, prepared))
    },
    createRun: (request, principal) => createRun(options, request, principal),
    cancelRun: (id, principal) =>
      state.exclusively(async () => {
        const run = await findRun(options, id)
        if (run.state === 'cancelled') return run
        if (isEnded(run)) throw new RunEndedError(id, run.state)
        return change(options, run, 'cancel', principal)
      }),
    approveRun: (id, principal, note) =>
      state.exclusively(async () => {
        const run = await findRun(options, id)
        if (isEnded(run)) throw new RunEndedError(id, run.state)
        if (run.state !== 'held' && run.state !== 'waiting-approval') {
          throw new RunNotWaitingError(id, run.state)
        }
        return change(options, run, 'approve', principal, note === undefined ? {} : { note })
      }),
  }
}

async function createRun(
  options: RunDeskOptions,
  request: NewRun,
  principal: string,
): Promise<Run> {
  const { state, keeper, secrets, clock } = options
  if (state.findMachine(request.machine) === undefined) {
    throw new MachineNotFoundError(request.machine)
  }
  const prepared = await prepareRun(request.workflow, request.params ?? {}, options)
  const imageBytes = await imageBytesOf(options, prepared)
  return state.exclusively(async () => {
    const machine = state.findMachine(request.machine)
    if (machine === undefined) throw new MachineNotFoundError(request.machine)
    const busy = state.runOf(machine.id)
    if (busy !== undefined) throw new RunUnderWayError(machine.name, busy.id)
    const approved = approvedBy(request, preview(options, machine, prepared, imageBytes))
    const step = keeper.begin(machine, principal)
    const { run, nonce } = runFor(machine, { ...prepared, ...approved }, secrets, clock.nowMs())
    step.beginRun(run, nonce)
    await keeper.store(step)
    return step.run ?? run
  })
}

async function imageBytesOf(
  { images }: RunDeskOptions,
  { imageDigest }: PreparedRun,
): Promise<number | undefined> {
  if (imageDigest === undefined) return undefined
  return (await images.findImage(imageDigest))?.manifest.rawBytes
}

function preview(
  { state, clock, secrets }: RunDeskOptions,
  machine: Machine,
  prepared: PreparedRun,
  imageBytes: number | undefined,
): RunPlan {
  const sources = { nowMs: clock.nowMs(), machines: state.machines(), imageBytes, secrets }
  return previewRun(machine, prepared, sources)
}

/** @throws {PlanChangedError} when the plan is not the one that was agreed to */
function approvedBy(request: NewRun, plan: RunPlan): Pick<PreparedRun, 'approvedDisk'> {
  if (request.plan === undefined) return {}
  if (request.plan !== plan.digest) throw new PlanChangedError(plan.machineName)
  if (plan.disk === undefined) return {}
  return { approvedDisk: approvalOf(plan.disk, request.expectContents) }
}

async function findRun({ state }: RunDeskOptions, id: string): Promise<Run> {
  const run = await state.store.findRun(id)
  if (run === undefined) throw new RunNotFoundError(id)
  return run
}

async function change(
  { state, keeper }: RunDeskOptions,
  run: Run,
  kind: 'cancel' | 'approve',
  principal: string,
  facts: object = {},
): Promise<Run> {
  const machine = state.machine(run.machineId)
  if (machine === undefined) throw new MachineNotFoundError(run.machineId)
  const step = keeper.begin(machine, principal)
  step.feed({ kind }, facts)
  await keeper.store(step)
  return step.run ?? run
}
