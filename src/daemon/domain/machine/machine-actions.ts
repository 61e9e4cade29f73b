import type { MachineAction, MachineVerb } from '../../../contract/machine-actions.ts'
import { mostNotes } from '../../../contract/machine-standing.ts'
import type { Machine } from '../../../contract/machine.ts'
import { runParamsSchema } from '../../../contract/run.ts'
import { requireRevision } from '../selection/revision.ts'
import type { MachineStep } from '../workflow/machine-step.ts'
import { prepareRun, runFor } from '../workflow/prepare-run.ts'
import {
  type ActionOnMachine,
  addVerbEvent,
  type MachineActionOptions,
  requireIdle,
} from './action-on-machine.ts'
import { classifyAgain } from './classify-again.ts'
import { MachineExistsError, MachineNotFoundError, MachineVerbUnfitError } from './errors.ts'
import { mergeMachine, splitMachine } from './identity/resolve-conflict.ts'
import { settledState } from './machine-after-run.ts'

/**
 * @throws {MachineNotFoundError} {@link MachineVerbUnfitError} {@link RunUnderWayError}, and what a run
 *   that begins with it may throw; nothing has changed then
 */
export async function actOnMachine(
  options: MachineActionOptions,
  reference: string,
  action: MachineAction,
  principal: string,
  expectedRevision?: number,
): Promise<Machine> {
  return options.state.exclusively(async () => {
    const machine = options.state.findMachine(reference)
    if (machine === undefined) throw new MachineNotFoundError(reference)
    requireRevision('machine', machine, expectedRevision)
    const step = await verbs[action.verb]({ ...options, machine, action, principal })
    await options.keeper.store(step)
    return step.machine
  })
}

const verbs: Readonly<Record<MachineVerb, (on: ActionOnMachine) => Promise<MachineStep>>> = {
  approve,
  classify: classifyAgain,
  merge: async (on) => mergeMachine(on),
  split: splitMachine,
  retire: async (on) => retire(on),
  reinstate: async (on) => reinstate(on),
  notes: async (on) => addNote(on),
}

async function approve(on: ActionOnMachine): Promise<MachineStep> {
  const { machine, action, principal, clock, keeper, secrets } = on
  const { approval, conflict, name } = machine
  if (approval?.state !== 'pending' || conflict !== undefined) {
    throw new MachineVerbUnfitError(
      `${name} waits for no approval`,
      `repave machine show ${name} says what it waits for`,
    )
  }
  const { order, ...rest } = approval
  const step = keeper.begin(machine, principal)
  step.changeMachine({
    approval: { ...rest, state: 'approved', approved: saidNow(on) },
  })
  step.changeMachine({ state: settledState(step.machine) })
  step.addEvent({
    type: 'machine',
    action: 'approved',
    key: machine.id,
    body: {
      machineName: name,
      ...(action.note === undefined ? {} : { note: action.note }),
      ...(order === undefined ? {} : { workflow: order.workflow }),
    },
  })
  if (order !== undefined) {
    const params = runParamsSchema.parse(order.params)
    const prepared = await prepareRun(machine, order.workflow, params, on)
    const { run, nonce } = runFor(step.machine, prepared, secrets, clock.nowMs())
    step.beginRun(run, nonce)
  }
  return step
}

function retire(on: ActionOnMachine): MachineStep {
  const { machine, keeper, principal, sessions } = on
  if (machine.retirement !== undefined) {
    throw new MachineVerbUnfitError(
      `${machine.name} is out of use already`,
      `repave machine reinstate ${machine.name}`,
    )
  }
  requireIdle(on)
  const step = keeper.begin(machine, principal)
  step.changeMachine({ retirement: saidNow(on), state: 'retired' })
  addVerbEvent(step, 'retired', on)
  sessions.of(machine.id)?.link.close()
  return step
}

function reinstate(on: ActionOnMachine): MachineStep {
  const { machine, keeper, principal, state } = on
  const { retirement, ...rest } = machine
  if (retirement === undefined) {
    throw new MachineVerbUnfitError(`${machine.name} is in use`, 'nothing is to be done')
  }
  for (const address of machine.macAddresses) {
    const holder = state.machineAt(address)
    if (holder !== undefined && holder.id !== machine.id) {
      throw new MachineExistsError(address, holder.name)
    }
  }
  const step = keeper.begin(rest, principal)
  step.changeMachine({ state: settledState(rest) })
  addVerbEvent(step, 'reinstated', on)
  return step
}

function addNote({ machine, action, keeper, principal, clock }: ActionOnMachine): MachineStep {
  const { text = '' } = action
  const note = { by: principal, atMs: clock.nowMs(), text }
  const step = keeper.begin(machine, principal)
  step.changeMachine({ notes: [...(machine.notes ?? []), note].slice(-mostNotes) })
  const body = { machineName: machine.name, note: text }
  step.addEvent({ type: 'machine', action: 'noted', key: machine.id, body })
  return step
}

function saidNow({ action, clock, principal }: ActionOnMachine) {
  const { note } = action
  return { by: principal, atMs: clock.nowMs(), ...(note === undefined ? {} : { note }) }
}
