import type { MacAddress } from '../../../base/mac-address.ts'
import type { NetworkPlace } from '../../../contract/machine-standing.ts'

/** A flood of made-up addresses ends here: the one longest unheard of goes. */
const maximumRemembered = 4096

/** Where DHCP heard each client last: its subnet, and the port of the switch that its relay names. */
export class NetworkPlaces {
  readonly #places = new Map<MacAddress, NetworkPlace>()

  hear(address: MacAddress, place: NetworkPlace): void {
    this.#places.delete(address)
    this.#places.set(address, place)
    if (this.#places.size <= maximumRemembered) return
    const [oldest] = this.#places.keys()
    if (oldest !== undefined) this.#places.delete(oldest)
  }

  of(address: MacAddress): NetworkPlace | undefined {
    return this.#places.get(address)
  }
}

/** `rack-b, switch-7 Gi0/12`. */
export function placeText({ subnet, remoteId, circuitId }: NetworkPlace): string {
  const port = [remoteId, circuitId].filter((part) => part !== undefined).join(' ')
  return [subnet, port].filter((part) => part !== undefined && part !== '').join(', ')
}

export function isSamePort(one: NetworkPlace, other: NetworkPlace): boolean {
  return one.remoteId === other.remoteId && one.circuitId === other.circuitId
}
