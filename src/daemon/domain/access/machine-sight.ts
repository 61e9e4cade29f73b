import type { RepaveEvent } from '../../../contract/event.ts'
import type { Machine } from '../../../contract/machine.ts'
import { type Caller, mayTouch } from './caller.ts'

/** Which events a caller may see: all, or those of the machines that its token covers at that moment. */
export class MachineSight {
  readonly #caller: Caller
  /** Of every machine: its newest known revision, and whether it is covered. */
  readonly #machines = new Map<string, { readonly revision: number; readonly isSeen: boolean }>()

  constructor(caller: Caller, machines: readonly Machine[]) {
    this.#caller = caller
    for (const machine of machines) this.#look(machine)
  }

  /** Called with every event, in order: those of machines keep the sight up to date. */
  sees(event: RepaveEvent): boolean {
    if (this.#caller.covers === undefined) return true
    if (event.machineId === undefined) return false
    const machine = event.body['machine']
    if (event.type === 'machine' && typeof machine === 'object' && machine !== null) {
      this.#look(machine as unknown as Machine)
    }
    return this.seesMachine(event.machineId)
  }

  seesMachine(id: string): boolean {
    return this.#caller.covers === undefined || this.#machines.get(id)?.isSeen === true
  }

  #look(machine: Machine): void {
    if (this.#caller.covers === undefined) return
    const { id, revision } = machine
    // What is read from the past must not hide what is known by now.
    if ((this.#machines.get(id)?.revision ?? -1) > revision) return
    this.#machines.set(id, { revision, isSeen: mayTouch(this.#caller, machine) })
  }
}
