import type { Clock } from '../../../base/clock.ts'
import type { MachineAction } from '../../../contract/machine-actions.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { EngineState } from '../workflow/engine-state.ts'
import { RunUnderWayError } from '../workflow/errors.ts'
import type { MachineStep } from '../workflow/machine-step.ts'
import type { RunKeeper } from '../workflow/run-keeper.ts'
import type { AgentSessions } from './agent-sessions.ts'
import type { NewcomerSources } from './newcomer.ts'

export interface MachineActionOptions extends NewcomerSources {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly sessions: AgentSessions
  readonly clock: Clock
}

/** What a person does to one machine, within the one line of work. */
export interface ActionOnMachine extends MachineActionOptions {
  readonly machine: Machine
  readonly action: MachineAction
  readonly principal: string
}

/** @throws {RunUnderWayError} */
export function requireIdle({ state, machine }: Pick<ActionOnMachine, 'state' | 'machine'>): void {
  const busy = state.runOf(machine.id)
  if (busy !== undefined) throw new RunUnderWayError(machine.name, busy.id)
}

export function addVerbEvent(
  step: MachineStep,
  done: string,
  { action }: Pick<ActionOnMachine, 'action'>,
  facts: object = {},
): void {
  const { id, name } = step.machine
  const note = action.note === undefined ? {} : { note: action.note }
  const body = { machineName: name, ...facts, ...note }
  step.addEvent({ type: 'machine', action: done, key: id, body })
}
