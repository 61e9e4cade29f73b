import type { Clock } from '../../../base/clock.ts'
import { readMacAddress } from '../../../base/mac-address.ts'
import type { NewMachine } from '../../../contract/api-documents.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { EngineState } from '../workflow/engine-state.ts'
import { type RunSources, prepareRun, runFor } from '../workflow/prepare-run.ts'
import type { RunKeeper } from '../workflow/run-keeper.ts'
import { MacAddressInvalidError, MachineExistsError } from './errors.ts'
import type { MachineDirectory } from './machine-directory.ts'

export interface MachineDirectoryOptions extends RunSources {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly clock: Clock
}

export function createMachineDirectory(options: MachineDirectoryOptions): MachineDirectory {
  const { state } = options
  return {
    listMachines: async () => state.machines(),
    findMachine: async (reference) => state.findMachine(reference),
    addMachine: (request, principal) => addMachine(options, request, principal),
  }
}

async function addMachine(
  options: MachineDirectoryOptions,
  request: NewMachine,
  principal: string,
): Promise<Machine> {
  const { state, keeper, secrets, clock } = options
  const { workflow, params = {} } = request
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
  { name, macAddress: text, onBoot = 'local', bootPrograms }: NewMachine,
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
    macAddresses: [macAddress],
    onBoot,
    ...(bootPrograms === undefined ? {} : { bootPrograms }),
    createdAtMs: nowMs,
    lastSeenAtMs: nowMs,
    revision: 0,
  }
}
