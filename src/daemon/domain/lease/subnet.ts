import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { Ipv4Network } from '../../../base/ipv4-network.ts'
import type { BootPrograms } from '../../../contract/boot-programs.ts'
import type { AddressRange } from './address-range.ts'
import type { LeaseClient } from './lease-client.ts'

/** What a template may say about a client; every value is harmless wherever it is put. */
export type TemplateFacts = Readonly<Record<string, string>>

/** An option whose value depends on the client. Undefined when the outcome is no value of that option. */
export interface OptionTemplate {
  render(facts: TemplateFacts): Uint8Array | undefined
}

/** DHCP option values by code. */
export type OptionSet = ReadonlyMap<number, Uint8Array | OptionTemplate>

/** Which client a reservation is for: the first of them that is given decides. */
export type ReservationKey =
  | { readonly kind: 'mac-address'; readonly value: string }
  /** Option 61 in lower-case hexadecimal. */
  | { readonly kind: 'client-id'; readonly value: string }
  | { readonly kind: 'system-uuid'; readonly value: string }
  /** The switch port, as the relay names it: `remote id/circuit id`, see relayPort. */
  | { readonly kind: 'relay-port'; readonly value: string }

/** What one machine is given that others are not. */
export interface Reservation {
  readonly key: ReservationKey
  /** Absent: any address of the pool, with the options. */
  readonly address?: Ipv4Address
  readonly options: OptionSet
}

/** Clients of one kind, and what they are given. */
export interface Profile {
  readonly name: string
  readonly matches: (client: LeaseClient) => boolean
  readonly leaseSeconds?: number
  readonly options: OptionSet
}

/** A network whose machines we give addresses to. */
export interface Subnet {
  readonly name: string
  readonly network: Ipv4Network
  /** Clients that this interface hears without a relay; absent: the interface that stands in the network. */
  readonly interfaceName?: string
  /** Relays (giaddr) that stand outside the network and yet speak for it. */
  readonly relays: readonly Ipv4Address[]
  readonly pools: readonly AddressRange[]
  /** Inside the pools and yet never lent. */
  readonly excluded: readonly AddressRange[]
  readonly leaseSeconds: number
  /** For clients whose address is reserved. */
  readonly reservedLeaseSeconds: number
  /** Mask, router and whatever else every client of the network is told. */
  readonly options: OptionSet
  /** Other boot programs than the usual ones. */
  readonly bootPrograms?: BootPrograms | undefined
  /** All that match apply, the later over the earlier. */
  readonly profiles: readonly Profile[]
  readonly reservations: readonly Reservation[]
}
