import { type Ipv4Address, ipv4FromNumber, ipv4ToNumber } from '../../../base/ipv4-address.ts'
import type { NumberRange } from './address-range.ts'

/**
 * Hands out addresses that nobody ever had, lowest first, and then those that were given back. It keeps
 * no list of them, so a pool of a million costs nothing until it is used.
 */
export class AddressPool {
  readonly #ranges: readonly NumberRange[]
  readonly size: number
  /** Everything below was handed out by {@link next} or passed over. */
  #rangeIndex = 0
  #nextNumber: number
  readonly #returned = new Set<Ipv4Address>()

  /** @param ranges lowest first, without overlap */
  constructor(ranges: readonly NumberRange[]) {
    this.#ranges = ranges
    this.#nextNumber = ranges[0]?.first ?? 0
    this.size = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  }

  contains(address: Ipv4Address): boolean {
    const number = ipv4ToNumber(address)
    return this.#ranges.some(({ first, last }) => number >= first && number <= last)
  }

  /** The next address for which `isTaken` is false; the same again until it is taken. */
  next(isTaken: (address: Ipv4Address) => boolean): Ipv4Address | undefined {
    for (;;) {
      const range = this.#ranges[this.#rangeIndex]
      if (range === undefined) break
      for (; this.#nextNumber <= range.last; this.#nextNumber++) {
        const address = ipv4FromNumber(this.#nextNumber)
        if (!isTaken(address)) return address
      }
      this.#rangeIndex++
      this.#nextNumber = this.#ranges[this.#rangeIndex]?.first ?? 0
    }
    for (const address of this.#returned) {
      if (!isTaken(address)) return address
      this.#returned.delete(address)
    }
    return undefined
  }

  /** The address is nobody's again. */
  giveBack(address: Ipv4Address): void {
    const isStillToCome =
      this.#rangeIndex < this.#ranges.length && ipv4ToNumber(address) >= this.#nextNumber
    if (!isStillToCome) this.#returned.add(address)
  }
}
