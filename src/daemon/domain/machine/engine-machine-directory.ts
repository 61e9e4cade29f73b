import type { Clock } from '../../../base/clock.ts'
import { readMacAddress } from '../../../base/mac-address.ts'
import type { MachineChange, NewMachine } from '../../../contract/api-documents.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { BootDesk } from '../bootenv/boot-desk.ts'
import { requireRevision } from '../selection/revision.ts'
import type { EngineState } from '../workflow/engine-state.ts'
import { WorkflowNotFoundError } from '../workflow/errors.ts'
import { type RunSources, prepareRun, runFor } from '../workflow/prepare-run.ts'
import type { RunKeeper } from '../workflow/run-keeper.ts'
import { MacAddressInvalidError, MachineExistsError, MachineNotFoundError } from './errors.ts'
import type { MachineDirectory } from './machine-directory.ts'

export interface MachineDirectoryOptions extends RunSources {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly clock: Clock
  readonly bootDesk: Pick<BootDesk, 'previewDecision'>
}

export function createMachineDirectory(options: MachineDirectoryOptions): MachineDirectory {
  const { state } = options
  return {
    listMachines: async () => state.machines(),
    findMachine: async (reference) => state.findMachine(reference),
    addMachine: (request, principal) => addMachine(options, request, principal),
    changeMachine: (reference, change, principal, expectedRevision) =>
      changeMachine(options, reference, { ...change, principal, expectedRevision }),
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
  { onBoot, labels = {}, principal, expectedRevision }: OrderedChange,
): Promise<Machine> {
  requireWorkflow(onBoot, content)
  return state.exclusively(async () => {
    const machine = state.findMachine(reference)
    if (machine === undefined) throw new MachineNotFoundError(reference)
    requireRevision('machine', machine, expectedRevision)
    const kept = Object.entries({ ...machine.labels, ...labels }).filter(
      (label): label is [string, string] => label[1] !== null,
    )
    const step = keeper.begin(machine, principal)
    step.changeMachine({
      ...(onBoot === undefined ? {} : { onBoot }),
      ...(kept.length === 0 && machine.labels === undefined
        ? {}
        : { labels: Object.fromEntries(kept) }),
    })
    await keeper.store(step)
    return step.machine
  })
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
  const prepared = workflow === undefined ? undefined : await prepareRun(workflow, params, options)
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
  { name, macAddress: text, onBoot = 'local', labels, bootPrograms }: NewMachine,
): Machine {
  const macAddress = readMacAddress(text)
  if (macAddress === undefined) throw new MacAddressInvalidError(text)
  const taken = state.machineCalled(name) ?? state.machineAt(macAddress)
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
    ...(bootPrograms === undefined ? {} : { bootPrograms }),
    createdAtMs: nowMs,
    lastSeenAtMs: nowMs,
    revision: 0,
  }
}
