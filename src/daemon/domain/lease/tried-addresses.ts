import type { Ipv4Address } from '../../../base/ipv4-address.ts'

/** How long an address counts as tried. */
const triedMs = 600_000

/** Addresses remembered; all are forgotten when there are more. */
const mostTried = 4096

/** Addresses that somebody asked for on the network, and where nobody answered. */
export class TriedAddresses {
  readonly #untilMs = new Map<Ipv4Address, number>()

  note(address: Ipv4Address, monotonicMs: number): void {
    if (this.#untilMs.size >= mostTried) this.#untilMs.clear()
    this.#untilMs.set(address, monotonicMs + triedMs)
  }

  has(address: Ipv4Address, monotonicMs: number): boolean {
    return (this.#untilMs.get(address) ?? 0) > monotonicMs
  }
}
