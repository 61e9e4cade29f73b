import type { Clock } from '../../../base/clock.ts'
import { bootWindowMs } from './resolve-boot.ts'

/** When each machine booted lately, since its last progress. */
export class BootHistory {
  readonly #clock: Clock
  readonly #times = new Map<string, number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `agoMs`: how long it is past, for boots of before the daemon started. */
  add(machineId: string, agoMs = 0): void {
    const times = this.#recent(machineId)
    times.push(this.#clock.monotonicMs() - agoMs)
    this.#times.set(machineId, times)
  }

  count(machineId: string): number {
    return this.#recent(machineId).length
  }

  forget(machineId: string): void {
    this.#times.delete(machineId)
  }

  #recent(machineId: string): number[] {
    const oldest = this.#clock.monotonicMs() - bootWindowMs
    return (this.#times.get(machineId) ?? []).filter((time) => time > oldest)
  }
}
