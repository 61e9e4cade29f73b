import { DhcpWire } from './network/dhcp-wire.ts'
import type { MachinePlan } from './machine/machine-plan.ts'
import { type MachinePace, SimulatedMachine } from './machine/simulated-machine.ts'
import { manufactureMachine } from './machine/simulated-hardware.ts'

export interface RackOptions {
  readonly plans: readonly MachinePlan[]
  readonly ports: { readonly dhcp: number; readonly tftp: number }
  readonly pace?: MachinePace
  /** The consoles of all machines. */
  readonly say?: (machineName: string, line: string) => void
  /** Told each time that the system on a machine's disk has started and called home. */
  readonly onSystemStarted?: (plan: MachinePlan) => void
}

/** Machines on one cable, each with a power switch. */
export class SimulatedRack implements AsyncDisposable {
  readonly #options: RackOptions
  readonly #wire: DhcpWire
  readonly #switchedOn = new Map<string, { power: AbortController; ended: Promise<void> }>()
  readonly #failed = Promise.withResolvers<never>()

  private constructor(options: RackOptions, wire: DhcpWire) {
    this.#options = options
    this.#wire = wire
    this.#failed.promise.catch(() => undefined)
  }

  /** Every machine made anew, and still off. */
  static async build(options: RackOptions): Promise<SimulatedRack> {
    for (const plan of options.plans) await manufactureMachine(plan)
    return new SimulatedRack(options, await DhcpWire.open(options.ports.dhcp))
  }

  /** Rejects when a machine trips over something that no fault of it explains. */
  get failed(): Promise<never> {
    return this.#failed.promise
  }

  powerOn(plan: MachinePlan): void {
    if (this.#switchedOn.has(plan.name)) return
    const { ports, pace, say, onSystemStarted } = this.#options
    const machine = new SimulatedMachine({
      plan,
      wire: this.#wire,
      tftpPort: ports.tftp,
      ...(pace === undefined ? {} : { pace }),
      ...(say === undefined ? {} : { say: (line) => say(plan.name, line) }),
      ...(onSystemStarted === undefined ? {} : { onSystemStarted: () => onSystemStarted(plan) }),
    })
    const power = new AbortController()
    const ended = machine.run(power.signal).catch((error: unknown) => this.#failed.reject(error))
    this.#switchedOn.set(plan.name, { power, ended })
  }

  powerOnAll(): void {
    for (const plan of this.#options.plans) this.powerOn(plan)
  }

  /** Resolves when nothing of the machine runs any more. */
  async powerOff({ name }: Pick<MachinePlan, 'name'>): Promise<void> {
    const machine = this.#switchedOn.get(name)
    this.#switchedOn.delete(name)
    machine?.power.abort(new Error('the power is gone'))
    await machine?.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#switchedOn.keys()].map((name) => this.powerOff({ name })))
    await this.#wire[Symbol.asyncDispose]()
  }
}
