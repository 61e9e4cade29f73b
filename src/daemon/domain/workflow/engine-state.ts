import { type MacAddress, readMacAddress } from '../../../base/mac-address.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import { isEnded } from './run-step.ts'
import type { StateChange, StateStore } from './state-store.ts'

/**
 * Every machine and every unfinished run, as the store has them. Whoever changes something does it
 * within {@link exclusively}: read, decide, commit. What is in memory changes after the commit only.
 */
export class EngineState {
  readonly store: StateStore
  readonly #machines = new Map<string, Machine>()
  readonly #idOfAddress = new Map<MacAddress, string>()
  readonly #idOfName = new Map<string, string>()
  /** By machine: each has one unfinished run at most. */
  readonly #runs = new Map<string, Run>()
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(store: StateStore) {
    this.store = store
  }

  static async load(store: StateStore): Promise<EngineState> {
    const state = new EngineState(store)
    const { machines, runs } = await store.readSnapshot()
    state.#remember({ machines, runs, events: [] })
    return state
  }

  /** Runs one piece of work after the other, in the order of the calls. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(work)
    this.#tail = result.catch(() => undefined)
    return result
  }

  /** Resolves when all work that was handed in so far has ended. */
  async settled(): Promise<void> {
    await this.#tail
  }

  async commit(change: StateChange): Promise<void> {
    await this.store.commit(change)
    this.#remember(change)
  }

  machines(): readonly Machine[] {
    return [...this.#machines.values()]
  }

  machine(id: string): Machine | undefined {
    return this.#machines.get(id)
  }

  machineAt(address: MacAddress): Machine | undefined {
    return this.#machines.get(this.#idOfAddress.get(address) ?? '')
  }

  machineCalled(name: string): Machine | undefined {
    return this.#machines.get(this.#idOfName.get(name) ?? '')
  }

  /** By id, name or MAC address in any spelling. */
  findMachine(reference: string): Machine | undefined {
    const address = readMacAddress(reference)
    return (
      this.machine(reference) ??
      this.machineCalled(reference) ??
      (address === undefined ? undefined : this.machineAt(address))
    )
  }

  unfinishedRuns(): readonly Run[] {
    return [...this.#runs.values()]
  }

  /** The unfinished run of a machine. */
  runOf(machineId: string): Run | undefined {
    return this.#runs.get(machineId)
  }

  #remember({ machines = [], runs = [] }: StateChange): void {
    for (const machine of machines) {
      this.#machines.set(machine.id, machine)
      this.#idOfName.set(machine.name, machine.id)
      for (const address of machine.macAddresses) this.#idOfAddress.set(address, machine.id)
    }
    for (const run of runs) {
      if (!isEnded(run)) this.#runs.set(run.machineId, run)
      else if (this.#runs.get(run.machineId)?.id === run.id) this.#runs.delete(run.machineId)
    }
  }
}
