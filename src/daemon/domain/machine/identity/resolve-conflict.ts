import type { MacAddress } from '../../../../base/mac-address.ts'
import type { IdentityClaim } from '../../../../contract/machine-standing.ts'
import type { Inventory, Machine } from '../../../../contract/machine.ts'
import type { MachineStep } from '../../workflow/machine-step.ts'
import { type ActionOnMachine, addVerbEvent, requireIdle } from '../action-on-machine.ts'
import { MachineNotFoundError, MachineVerbUnfitError } from '../errors.ts'
import { settledState } from '../machine-after-run.ts'
import { nameOfAddress } from '../machine-name.ts'
import { isUndecided, settleNewcomer } from '../newcomer.ts'

/** It is the machine on record. @throws {MachineVerbUnfitError} where nobody doubts who it is */
export function mergeMachine(on: ActionOnMachine): MachineStep {
  const { conflict } = on.machine
  if (conflict === undefined) throw notInDoubt(on.machine)
  return conflict.kind === 'resembles' ? mergeInto(on) : acceptClaim(on, conflict.claim)
}

/** It is a machine of its own. @throws {MachineVerbUnfitError} where nobody doubts who it is */
export async function splitMachine(on: ActionOnMachine): Promise<MachineStep> {
  const { conflict } = on.machine
  if (conflict === undefined) throw notInDoubt(on.machine)
  return conflict.kind === 'resembles' ? standAlone(on) : giveCardsAway(on, conflict.claim)
}

function notInDoubt({ name }: Machine): MachineVerbUnfitError {
  return new MachineVerbUnfitError(
    `nobody doubts which machine ${name} is`,
    'repave machine list --selector state=conflict',
  )
}

/** Two records become one: the older stays, with what the newer has shown. */
function mergeInto(on: ActionOnMachine): MachineStep {
  const { machine, action, keeper, principal, sessions, state } = on
  const names = machine.conflict?.others.map(({ machineName }) => machineName) ?? []
  if (action.into === undefined) {
    const remedy = `repave machine merge ${machine.name} --into ${names[0] ?? 'MACHINE'}`
    throw new MachineVerbUnfitError(`it looks like ${names.join(', ')}`, remedy)
  }
  const target = state.findMachine(action.into)
  if (target === undefined) throw new MachineNotFoundError(action.into)
  const isOneOfThem = machine.conflict?.others.some(({ machineId }) => machineId === target.id)
  if (!isOneOfThem || target.conflict !== undefined || target.retirement !== undefined) {
    throw new MachineVerbUnfitError(
      `${machine.name} cannot be ${target.name}`,
      `it looks like ${names.join(', ')}`,
    )
  }
  requireIdle({ state, machine })
  if (sessions.of(machine.id) !== undefined && sessions.of(target.id) !== undefined) {
    throw new MachineVerbUnfitError(
      `${machine.name} and ${target.name} both have an agent now: they are two machines`,
      `repave machine split ${machine.name}`,
    )
  }
  const step = keeper.begin(target, principal)
  step.absorb(machine)
  if (machine.inventory !== undefined) step.changeMachine({ inventory: machine.inventory })
  addVerbEvent(step, 'merged', on, { from: machine.name })
  sessions.of(machine.id)?.link.close()
  return step
}

/** Its board or chassis was replaced: from now on it looks like what came. */
function acceptClaim(on: ActionOnMachine, claim: IdentityClaim): MachineStep {
  const { keeper, principal, state } = on
  const { conflict: _settled, ...machine } = on.machine
  const step = keeper.begin(machine, principal)
  const own = claim.macAddresses.filter((address) => isFree(address, on.machine, state))
  step.changeMachine({
    macAddresses: [...new Set([...machine.macAddresses, ...own])],
    ...(machine.inventory === undefined ? {} : { inventory: withSystem(machine.inventory, claim) }),
  })
  step.changeMachine({ state: settledState(step.machine) })
  addVerbEvent(step, 'merged', on)
  return step
}

function withSystem(inventory: Inventory, claim: IdentityClaim): Inventory {
  const { serialNumber: _serial, uuid: _uuid, ...system } = inventory.system
  const { macAddresses: _addresses, ...claimed } = claim
  return { ...inventory, system: { ...system, ...claimed } }
}

async function standAlone(on: ActionOnMachine): Promise<MachineStep> {
  const { keeper, principal, clock } = on
  const { conflict: _settled, ...machine } = on.machine
  const step = keeper.begin(machine, principal)
  step.changeMachine({ state: settledState(machine) })
  addVerbEvent(step, 'split', on)
  if (isUndecided(machine)) {
    step.continueAs('daemon')
    await settleNewcomer(step, on, clock.nowMs())
  }
  return step
}

/** The cards that moved go to a record of their own; the machine keeps the others. */
function giveCardsAway(on: ActionOnMachine, claim: IdentityClaim): MachineStep {
  const { keeper, principal, state, secrets, clock } = on
  const { conflict: _settled, ...machine } = on.machine
  const moved = claim.macAddresses.filter((address) => isFree(address, on.machine, state))
  const kept = machine.macAddresses.filter((address) => !moved.includes(address))
  if (kept.length === 0 && machine.retirement === undefined) {
    throw new MachineVerbUnfitError(
      `${machine.name} would have no network card left`,
      `repave machine retire ${machine.name}, and then split; or merge, when it is the same machine`,
    )
  }
  const nowMs = clock.nowMs()
  const [first] = moved
  if (first === undefined) throw notInDoubt(machine)
  const id = secrets.newId()
  const other: Machine = {
    id,
    name: nameOfAddress(first, id, state),
    state: 'discovering',
    foundBy: 'network',
    macAddresses: moved,
    onBoot: 'local',
    createdAtMs: nowMs,
    lastSeenAtMs: nowMs,
    revision: 0,
  }
  const step = keeper.begin(
    // A record that is out of use may go on naming a card that another has.
    kept.length === 0 ? machine : { ...machine, macAddresses: kept },
    principal,
  )
  step.changeMachine({ state: settledState(step.machine) })
  step.addMachine(other)
  addVerbEvent(step, 'split', on, { other: other.name })
  return step
}

/** The machine's own, or nobody's. */
function isFree(address: MacAddress, machine: Machine, state: ActionOnMachine['state']): boolean {
  const holder = state.machineAt(address)
  return holder === undefined || holder.id === machine.id || holder.retirement !== undefined
}
