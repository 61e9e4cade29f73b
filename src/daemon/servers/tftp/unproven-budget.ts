import type { Clock } from '../../../base/clock.ts'

/** What clients that have not answered yet may be owed, by network of 256 addresses. */
const mostBytes = 128 * 1024
const bytesPerSecond = 1024
/** Networks remembered; the one that came first is forgotten when there are more. */
const mostNetworks = 4096

interface Account {
  bytes: number
  refilledAtMs: number
}

/**
 * A request names its sender, and nothing proves it until an acknowledgement comes from there. So
 * that nobody can have a stranger flooded in the name of his own network, those who have not answered
 * are together sent about as much as they sent, and a reserve that boots a whole rack.
 */
export class UnprovenBudget {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #accounts = new Map<string, Account>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** What a request brought in, or what a sender that has now answered had been sent. */
  add(address: string, bytes: number): void {
    const account = this.#accountOf(address)
    account.bytes = Math.min(mostBytes, account.bytes + bytes)
  }

  /** False when so much must not be sent. */
  take(address: string, bytes: number): boolean {
    const account = this.#accountOf(address)
    if (account.bytes < bytes) return false
    account.bytes -= bytes
    return true
  }

  #accountOf(address: string): Account {
    const network = address.slice(0, address.lastIndexOf('.'))
    const nowMs = this.#clock.monotonicMs()
    const known = this.#accounts.get(network)
    if (known === undefined) {
      const oldest = this.#accounts.keys().next().value
      if (this.#accounts.size >= mostNetworks && oldest !== undefined) this.#accounts.delete(oldest)
      const account = { bytes: mostBytes, refilledAtMs: nowMs }
      this.#accounts.set(network, account)
      return account
    }
    const refill = ((nowMs - known.refilledAtMs) / 1000) * bytesPerSecond
    known.bytes = Math.min(mostBytes, known.bytes + refill)
    known.refilledAtMs = nowMs
    return known
  }
}
