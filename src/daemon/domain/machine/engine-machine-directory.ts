import { readMacAddress } from '../../../base/mac-address.ts'
import type { MachineChange, NewMachine } from '../../../contract/api-documents.ts'
import { labelsSchema, type Machine } from '../../../contract/machine.ts'
import { type ParamValues, paramValuesSchema } from '../../../contract/param.ts'
import type { BootDesk } from '../bootenv/boot-desk.ts'
import { requireProfiles, requireValues } from '../param/check-values.ts'
import { ParamInvalidError } from '../param/errors.ts'
import { requireRevision } from '../selection/revision.ts'
import { WorkflowNotFoundError } from '../workflow/errors.ts'
import { type RunSources, prepareRun, runFor } from '../workflow/prepare-run.ts'
import type { MachineActionOptions } from './action-on-machine.ts'
import {
  LabelsInvalidError,
  MacAddressInvalidError,
  MachineExistsError,
  MachineNotFoundError,
} from './errors.ts'
import { actOnMachine } from './machine-actions.ts'
import type { MachineDirectory } from './machine-directory.ts'
import { historyEntry, longestHistory } from './machine-history.ts'
import { protectedAfter } from './protected-disks.ts'

export interface MachineDirectoryOptions extends MachineActionOptions {
  readonly bootDesk: Pick<BootDesk, 'previewDecision'>
}

export function createMachineDirectory(options: MachineDirectoryOptions): MachineDirectory {
  const { state } = options
  return {
    listMachines: async () => state.machines(),
    snapshot: async () => state.present(),
    findMachine: async (reference) => state.findMachine(reference),
    addMachine: (request, principal) => addMachine(options, request, principal),
    changeMachine: (reference, change, principal, expectedRevision) =>
      changeMachine(options, reference, { ...change, principal, expectedRevision }),
    actOn: (reference, action, principal, expectedRevision) =>
      actOnMachine(options, reference, action, principal, expectedRevision),
    historyOf: async (reference) => {
      const machine = state.findMachine(reference)
      if (machine === undefined) throw new MachineNotFoundError(reference)
      const runs = await state.store.readRunsOf(machine.id, longestHistory)
      const nowMs = options.clock.nowMs()
      return runs.map((run) => historyEntry(run, nowMs))
    },
    bootDecisionOf: async (reference) => {
      const machine = state.findMachine(reference)
      if (machine === undefined) throw new MachineNotFoundError(reference)
      return options.bootDesk.previewDecision(machine)
    },
  }
}

type OrderedChange = MachineChange & {
  readonly principal: string
  readonly expectedRevision: number | undefined
}

async function changeMachine(
  { state, keeper, content }: MachineDirectoryOptions,
  reference: string,
  { principal, expectedRevision, ...change }: OrderedChange,
): Promise<Machine> {
  const { onBoot, labels = {}, params, profiles, protect, unprotect } = change
  requireWorkflow(onBoot, content)
  requireProfiles(profiles ?? [], content)
  return state.exclusively(async () => {
    const machine = state.findMachine(reference)
    if (machine === undefined) throw new MachineNotFoundError(reference)
    requireRevision('machine', machine, expectedRevision)
    const kept = keptLabels(machine, labels)
    const values = changedValues(machine, params)
    const set = Object.entries(params ?? {}).filter(([, value]) => value !== null)
    requireValues(`machine ${machine.name}`, Object.fromEntries(set), content)
    const step = keeper.begin(machine, principal)
    step.changeMachine({
      ...(onBoot === undefined ? {} : { onBoot }),
      ...(Object.keys(kept).length === 0 && machine.labels === undefined ? {} : { labels: kept }),
      ...(values === undefined ? {} : { params: values }),
      ...(profiles === undefined ? {} : { profiles: [...new Set(profiles)] }),
      ...protectedAfter(machine, protect, unprotect),
    })
    await keeper.store(step)
    return step.machine
  })
}

/** The machine's labels with the change in them. @throws {LabelsInvalidError} when they would be too many */
function keptLabels(
  { name, labels }: Machine,
  change: NonNullable<MachineChange['labels']>,
): Record<string, string> {
  const kept = Object.entries({ ...labels, ...change }).filter(([, value]) => value !== null)
  const checked = labelsSchema.safeParse(Object.fromEntries(kept))
  if (checked.success) return checked.data
  throw new LabelsInvalidError(name, checked.error.issues[0]?.message ?? 'they do not fit')
}

/**
 * The machine's params with the change in them; undefined where nothing is asked.
 *
 * @throws {ParamInvalidError} when they would be too many or too long together
 */
function changedValues(
  { name, params = {} }: Machine,
  change: MachineChange['params'],
): ParamValues | undefined {
  if (change === undefined) return undefined
  const all = Object.entries({ ...params, ...change }).filter(([, value]) => value !== null)
  const checked = paramValuesSchema.safeParse(Object.fromEntries(all))
  if (checked.success) return checked.data
  const messages = checked.error.issues.map(({ message }) => `machine ${name}: ${message}`)
  throw new ParamInvalidError(messages)
}

/** @throws {WorkflowNotFoundError} */
function requireWorkflow(onBoot: string | undefined, content: RunSources['content']): void {
  const workflow = onBoot?.startsWith('workflow:') ? onBoot.slice('workflow:'.length) : undefined
  if (workflow !== undefined && content.workflow(workflow) === undefined) {
    throw new WorkflowNotFoundError(workflow)
  }
}

async function addMachine(
  options: MachineDirectoryOptions,
  request: NewMachine,
  principal: string,
): Promise<Machine> {
  const { state, keeper, secrets, clock } = options
  const { workflow, params = {} } = request
  requireWorkflow(request.onBoot, options.content)
  const { name, machineParams = {}, profiles = [] } = request
  requireProfiles(profiles, options.content)
  requireValues(`machine ${name}`, machineParams, options.content)
  const owner = { name, params: machineParams, profiles }
  const prepared =
    workflow === undefined ? undefined : await prepareRun(owner, workflow, params, options)
  return state.exclusively(async () => {
    const machine = newMachine(options, request)
    const step = keeper.begin(machine, principal)
    if (prepared !== undefined) {
      const { run, nonce } = runFor(machine, prepared, secrets, clock.nowMs())
      step.beginRun(run, nonce)
    }
    await keeper.store(step)
    return step.machine
  })
}

function newMachine(
  { state, secrets, clock }: MachineDirectoryOptions,
  request: NewMachine,
): Machine {
  const { name, macAddress: text, onBoot = 'local', labels, bootPrograms } = request
  const { machineParams, profiles } = request
  const macAddress = readMacAddress(text)
  if (macAddress === undefined) throw new MacAddressInvalidError(text)
  const holder = state.machineAt(macAddress)
  const taken = state.machineCalled(name) ?? (holder?.retirement ? undefined : holder)
  if (taken !== undefined) {
    throw new MachineExistsError(taken.name === name ? `the name ${name}` : macAddress, taken.name)
  }
  const nowMs = clock.nowMs()
  return {
    id: secrets.newId(),
    name,
    state: 'discovering',
    foundBy: 'operator',
    macAddresses: [macAddress],
    onBoot,
    ...(labels === undefined ? {} : { labels }),
    ...(machineParams === undefined ? {} : { params: machineParams }),
    ...(profiles === undefined ? {} : { profiles }),
    ...(bootPrograms === undefined ? {} : { bootPrograms }),
    createdAtMs: nowMs,
    lastSeenAtMs: nowMs,
    revision: 0,
  }
}
