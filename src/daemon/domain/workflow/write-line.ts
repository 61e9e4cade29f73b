import type { Run } from '../../../contract/run.ts'
import type { EngineState } from './engine-state.ts'
import { holdsTurn, type WriteLimits, type WriteOrder, orderWrites, rackOf } from './write-turns.ts'

/** The machines that write and those that wait for their turn, as the state has them now. */
export class WriteLine {
  readonly #state: EngineState
  readonly #limits: WriteLimits

  constructor(state: EngineState, limits: WriteLimits) {
    this.#state = state
    this.#limits = limits
  }

  order(): WriteOrder {
    return orderWrites(this.#candidates(), this.#limits)
  }

  /** Whether the run may begin to write; one that has not waited so far stands last. */
  mayWrite(run: Run): boolean {
    if (this.#holders(run) >= this.#limits.daemon) return false
    const asking: Run = { ...run, state: 'queued', queuedAtMs: run.queuedAtMs ?? Number.MAX_VALUE }
    const others = this.#candidates().filter((one) => one.run.id !== run.id)
    const { admitted } = orderWrites([...others, this.#candidate(asking)], this.#limits)
    return admitted.some(({ id }) => id === run.id)
  }

  /** The run with its place in the line, where it stands in it. */
  placed(run: Run, order: WriteOrder = this.order()): Run {
    const queue = order.waiting.get(run.id)
    return queue === undefined ? run : { ...run, queue }
  }

  /** How many others write: told without a look at who stands where. */
  #holders(asking: Run): number {
    let count = 0
    for (const run of this.#state.unfinishedRuns()) {
      if (run.id !== asking.id && holdsTurn(run)) count++
    }
    return count
  }

  #candidates() {
    return this.#state.unfinishedRuns().map((run) => this.#candidate(run))
  }

  #candidate(run: Run) {
    const machine = this.#state.machine(run.machineId)
    return { run, rack: machine === undefined ? '' : rackOf(machine) }
  }
}
