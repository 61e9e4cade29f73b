import type { Clock } from '../../../base/clock.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import type { BootRecord } from './boot-record.ts'
import { joinWindowMs } from './decide-join.ts'
import type { Secrets } from './secrets.ts'

/**
 * Makes the token of each boot and knows when it is too old. Within one life of the daemon the age is
 * monotonic; a record of an earlier life is judged by the wall clock, and one from the future is too old.
 */
export class BootTokens {
  readonly #clock: Clock
  readonly #secrets: Secrets
  readonly #expiry = new Map<string, number>()

  constructor(clock: Clock, secrets: Secrets) {
    this.#clock = clock
    this.#secrets = secrets
  }

  /** The token itself is nowhere but in the answer. */
  mint(machineId: string, macAddress: MacAddress): { token: string; boot: BootRecord } {
    const token = this.#secrets.newSecret()
    const createdAtMs = this.#clock.nowMs()
    const boot: BootRecord = {
      id: this.#secrets.newId(),
      machineId,
      macAddress,
      tokenHash: this.#secrets.hashOf(token),
      createdAtMs,
      expiresAtMs: createdAtMs + joinWindowMs,
    }
    this.#prune()
    this.#expiry.set(boot.id, this.#clock.monotonicMs() + joinWindowMs)
    return { token, boot }
  }

  isExpired(boot: BootRecord): boolean {
    const expiry = this.#expiry.get(boot.id)
    if (expiry !== undefined) return this.#clock.monotonicMs() > expiry
    const now = this.#clock.nowMs()
    return now > boot.expiresAtMs || now < boot.createdAtMs
  }

  /** Past its monotonic age a record is past its wall-clock age too, unless that clock was set back. */
  #prune(): void {
    const oldest = this.#clock.monotonicMs() - 4 * joinWindowMs
    for (const [id, expiry] of this.#expiry) if (expiry < oldest) this.#expiry.delete(id)
  }
}
