import type { MacAddress } from '../../../base/mac-address.ts'

/** Who asks for an address, as the packet says: hostile until decided upon. */
export interface LeaseClient {
  /** The identity that a lease belongs to. */
  readonly macAddress: MacAddress
  /** Option 61 in lower-case hexadecimal. */
  readonly clientId: string | undefined
  /** SMBIOS UUID of option 97, lower case. */
  readonly systemUuid: string | undefined
  /** Option 82 of a relay that we know: the switch, and its port. */
  readonly remoteId: string | undefined
  readonly circuitId: string | undefined
  /** Option 93; empty when it was not sent. */
  readonly architectures: readonly number[]
  /** Options 60 and 12; empty when they were not sent. */
  readonly vendorClass: string
  readonly hostName: string
  /** Option 77. */
  readonly userClasses: readonly string[]
}

/** How a reservation names a switch port. */
export function relayPort(remoteId: string, circuitId: string): string {
  return `${remoteId}/${circuitId}`
}
