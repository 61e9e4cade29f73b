import type { MacAddress } from '../../../base/mac-address.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import type { IdentityFacts } from '../machine/identity/identity-facts.ts'
import { MachineIndex } from '../machine/machine-index.ts'
import { isEnded } from './run-step.ts'
import type { Present, StateChange, StateStore } from './state-store.ts'

/**
 * Every machine and every unfinished run, as the store has them. Whoever changes something does it
 * within {@link exclusively}: read, decide, commit. What is in memory changes after the commit only.
 */
export class EngineState {
  readonly store: StateStore
  readonly #machines = new MachineIndex()
  /** By machine: each has one unfinished run at most. */
  readonly #runs = new Map<string, Run>()
  /** While a commit is under way: how far the store had come before it. */
  #seqBeforeCommit: number | undefined
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(store: StateStore) {
    this.store = store
  }

  static async load(store: StateStore): Promise<EngineState> {
    const state = new EngineState(store)
    state.#remember({ ...(await store.readPresent()), events: [] })
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
    this.#seqBeforeCommit = this.store.lastSeq()
    try {
      await this.store.commit(change)
      this.#remember(change)
    } finally {
      this.#seqBeforeCommit = undefined
    }
  }

  /** Everything at work, with all that the events up to `seq` tell of it. */
  present(): Present & { readonly seq: number } {
    const seq = this.#seqBeforeCommit ?? this.store.lastSeq()
    return { seq, machines: this.machines(), runs: this.unfinishedRuns() }
  }

  machines(): readonly Machine[] {
    return this.#machines.all()
  }

  machine(id: string): Machine | undefined {
    return this.#machines.get(id)
  }

  machineAt(address: MacAddress): Machine | undefined {
    return this.#machines.at(address)
  }

  machineCalled(name: string): Machine | undefined {
    return this.#machines.called(name)
  }

  /** By id, name or MAC address in any spelling. */
  findMachine(reference: string): Machine | undefined {
    return this.#machines.find(reference)
  }

  /** Those in use that have an address, the serial number or the UUID. */
  machinesLike(facts: IdentityFacts): readonly Machine[] {
    return this.#machines.like(facts)
  }

  /** The machines in conflict that look like this one. */
  contesting(machineId: string): readonly Machine[] {
    return this.#machines.contesting(machineId)
  }

  unfinishedRuns(): readonly Run[] {
    return [...this.#runs.values()]
  }

  /** The unfinished run of a machine. */
  runOf(machineId: string): Run | undefined {
    return this.#runs.get(machineId)
  }

  #remember({ machines = [], runs = [], removedMachineIds = [] }: StateChange): void {
    for (const id of removedMachineIds) this.#machines.delete(id)
    for (const machine of machines) this.#machines.set(machine)
    for (const run of runs) {
      if (!isEnded(run)) this.#runs.set(run.machineId, run)
      else if (this.#runs.get(run.machineId)?.id === run.id) this.#runs.delete(run.machineId)
    }
  }
}
