import type { Clock } from '../../../base/clock.ts'
import type { NewRun } from '../../../contract/api-documents.ts'
import type { Disk, Machine } from '../../../contract/machine.ts'
import type { RunPlan } from '../../../contract/run-plan.ts'
import type { Run } from '../../../contract/run.ts'
import type { Workflow } from '../../../contract/workflow.ts'
import { MachineNotFoundError } from '../machine/errors.ts'
import { requireDeployable, requireUsable } from '../machine/standing.ts'
import { requireRevision } from '../selection/revision.ts'
import type { EngineState } from './engine-state.ts'
import {
  ContentsUnknownError,
  PlanChangedError,
  RunEndedError,
  RunNotFoundError,
  RunNotWaitingError,
  RunUnderWayError,
  StageNotFoundError,
  TaskRequiredError,
} from './errors.ts'
import { prepareRebuild, rebuildWorkflow } from './last-deployment.ts'
import { type PreparedRun, type RunSources, prepareRun, runFor } from './prepare-run.ts'
import { approvalOf, previewRun } from './preview-run.ts'
import type { ProgressReports } from './progress-reports.ts'
import type { RunDesk, RunIntervention } from './run-desk.ts'
import { verbRefusal } from './run-interventions.ts'
import type { RunKeeper } from './run-keeper.ts'
import { isEnded } from './run-step.ts'
import type { WriteLine } from './write-line.ts'

export interface RunDeskOptions extends RunSources {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly line: WriteLine
  readonly progress: ProgressReports
  readonly clock: Clock
}

/** What people ask of the engine. */
export function createRunDesk(options: RunDeskOptions): RunDesk {
  const { state, progress } = options
  return {
    listUnfinished: async () => state.unfinishedRuns(),
    findRun: async (id) => {
      const run = await state.store.findRun(id)
      return run === undefined ? undefined : options.line.placed(run)
    },
    snapshot: () => snapshot(options),
    onProgress: (listener) => progress.listen(listener),
    previewRun: async (request) => {
      const machine = state.findMachine(request.machine)
      if (machine === undefined) throw new MachineNotFoundError(request.machine)
      requireDeployable(machine, state.contesting(machine.id))
      const prepared = await prepare(options, machine, request)
      return preview(options, machine, prepared, await imageBytesOf(options, prepared))
    },
    createRun: (request, principal, expectedRevision) =>
      createRun(options, request, principal, expectedRevision),
    intervene: (id, intervention) => intervene(options, id, intervention),
  }
}

async function snapshot({ state, line }: RunDeskOptions) {
  const { seq, machines, runs } = state.present()
  const order = line.order()
  const unfinished = new Map(runs.map((run) => [run.id, line.placed(run, order)]))
  // One that ends meanwhile is told of as it was: its end is an event behind `seq`.
  const ended = (await state.store.readEndedRuns()).filter(({ id }) => !unfinished.has(id))
  const all = [...ended, ...unfinished.values()]
  return { seq, machines, runs: all.sort((one, other) => one.createdAtMs - other.createdAtMs) }
}

/**
 * @throws {RunNotFoundError} {@link RunEndedError} {@link RunNotWaitingError} {@link TaskRequiredError}
 */
async function intervene(
  options: RunDeskOptions,
  id: string,
  intervention: RunIntervention,
): Promise<Run> {
  const { state, line } = options
  const { verb, principal } = intervention
  const before = await findRun(options, id)
  requireRevision('run', before, intervention.expectedRevision)
  if (verb === 'retry' && isEnded(before)) return orderAgain(options, before, principal)
  return state.exclusively(async () => {
    const run = await findRun(options, id)
    requireRevision('run', run, intervention.expectedRevision)
    if (run.state === 'cancelled' && verb === 'cancel') return run
    if (isEnded(run)) throw new RunEndedError(id, run.state)
    const refusal = verbRefusal(run, verb)
    if (refusal?.kind === 'required') throw new TaskRequiredError(id, refusal.reason)
    if (refusal !== undefined) throw new RunNotWaitingError(id, run.state, refusal.reason)
    return line.placed(await change(options, run, intervention))
  })
}

/** A run that has ended stays as it is; the same is ordered once more. */
function orderAgain(options: RunDeskOptions, run: Run, principal: string): Promise<Run> {
  if (run.state === 'succeeded') throw new RunEndedError(run.id, run.state)
  const { machineId: machine, workflow, params } = run
  return createRun(options, { machine, workflow, params }, principal)
}

async function createRun(
  options: RunDeskOptions,
  request: NewRun,
  principal: string,
  expectedRevision?: number,
): Promise<Run> {
  const { state, keeper, secrets, clock } = options
  const wanted = state.findMachine(request.machine)
  if (wanted === undefined) throw new MachineNotFoundError(request.machine)
  const prepared = await prepare(options, wanted, request)
  requireStage(prepared.workflow, request.stopAt)
  const imageBytes = await imageBytesOf(options, prepared)
  return state.exclusively(async () => {
    const machine = state.findMachine(request.machine)
    if (machine === undefined) throw new MachineNotFoundError(request.machine)
    requireRevision('machine', machine, expectedRevision)
    const busy = state.runOf(machine.id)
    if (busy !== undefined) throw new RunUnderWayError(machine.name, busy.id)
    requireDeployable(machine, state.contesting(machine.id))
    const approved = approvedBy(request, preview(options, machine, prepared, imageBytes))
    const step = keeper.begin(machine, principal)
    const { stopAt } = request
    const ordered = { ...prepared, ...approved, ...(stopAt === undefined ? {} : { stopAt }) }
    const { run, nonce } = runFor(machine, ordered, secrets, clock.nowMs())
    step.beginRun(run, nonce)
    await keeper.store(step)
    return step.run ?? run
  })
}

function prepare(
  options: RunDeskOptions,
  machine: Machine,
  { workflow, params = {} }: NewRun,
): Promise<PreparedRun> {
  return workflow === rebuildWorkflow
    ? prepareRebuild(machine, params, options)
    : prepareRun(machine, workflow, params, options)
}

/** @throws {StageNotFoundError} */
function requireStage({ name, stages }: Workflow, stopAt: string | undefined): void {
  const names = stages.map((stage) => stage.name)
  if (stopAt !== undefined && !names.includes(stopAt)) {
    throw new StageNotFoundError(name, stopAt, names)
  }
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

/**
 * @throws {PlanChangedError} when the plan is not the one that was agreed to
 * @throws {ContentsUnknownError} when the content of a disk is part of the agreement, and is not known
 */
function approvedBy(
  request: NewRun,
  plan: RunPlan,
): Pick<PreparedRun, 'approvedDisk' | 'approvedDisks'> {
  if (request.plan === undefined) return {}
  if (request.plan !== plan.digest) throw new PlanChangedError(plan.machineName)
  const agreed = (disk: Disk) => {
    if (request.expectContents === true && disk.contents === undefined) {
      throw new ContentsUnknownError(plan.machineName)
    }
    return approvalOf(disk, request.expectContents)
  }
  return {
    ...(plan.disk === undefined ? {} : { approvedDisk: agreed(plan.disk) }),
    ...(plan.wiped === undefined ? {} : { approvedDisks: plan.wiped.map(agreed) }),
  }
}

async function findRun({ state }: RunDeskOptions, id: string): Promise<Run> {
  const run = await state.store.findRun(id)
  if (run === undefined) throw new RunNotFoundError(id)
  return run
}

async function change(
  { state, keeper }: RunDeskOptions,
  run: Run,
  { verb, principal, note }: RunIntervention,
): Promise<Run> {
  const machine = state.machine(run.machineId)
  if (machine === undefined) throw new MachineNotFoundError(run.machineId)
  if (verb !== 'hold' && verb !== 'cancel') requireUsable(machine)
  const step = keeper.begin(machine, principal)
  const noted = note === undefined ? {} : { note }
  step.feed({ kind: 'intervention', verb, by: principal, ...noted }, noted)
  await keeper.store(step)
  return step.run ?? run
}
