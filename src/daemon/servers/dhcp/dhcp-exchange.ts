import { type Ipv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import type { BootClient, BootFileDecision } from '../../domain/bootenv/boot-client.ts'
import type { Applicant } from '../../domain/lease/lease-answer.ts'
import type { LeaseClient } from '../../domain/lease/lease-client.ts'
import type { LeasePool } from '../../domain/lease/lease-pool.ts'
import type { OptionSet, Subnet } from '../../domain/lease/subnet.ts'
import type { AddressProber } from './conflict/address-prober.ts'
import type { DhcpRole } from './dhcp-role.ts'

/** One request that is being answered. */
export interface DhcpExchange {
  readonly request: DhcpPacket
  /** What we are where it came in. */
  readonly role: DhcpRole
  readonly macAddress: MacAddress
  readonly client: BootClient
  readonly leaseClient: LeaseClient
  readonly applicant: Applicant
  /** What the client is told that we are. */
  readonly serverAddress: Ipv4Address
  readonly subnet: Subnet
  readonly pool: LeasePool
  /** How long this client may have its address. */
  readonly leaseSeconds: number
  /** What this client is told, the general before the particular. */
  readonly optionSets: readonly OptionSet[]
  /** Of the interface that the client is on; absent behind a relay. */
  readonly prober?: AddressProber | undefined
}

/** The answer as far as it is known. */
export interface DhcpReply {
  readonly yourAddress: Ipv4Address
  readonly nextServerAddress: Ipv4Address
  readonly bootFileName: string
  /** One map for the whole chain, which each link adds to. */
  readonly options: Map<number, Uint8Array>
  /** What the client was told to boot and why; for the event. */
  readonly boot?: BootFileDecision
}

/** What one link makes of a request. All but `continue` end the chain. */
export type Verdict =
  | { readonly kind: 'continue'; readonly reply: DhcpReply }
  | { readonly kind: 'nak'; readonly because: string }
  | { readonly kind: 'pool-full'; readonly because: string }
  /** Nothing is sent. `counter` is the second word of a counter's name: `dhcp.<counter>`. */
  | { readonly kind: 'silence'; readonly counter: string; readonly because: string }
  | { readonly kind: 'declined'; readonly address: Ipv4Address; readonly because: string }

/** One step towards the answer. */
export type DhcpLink = (exchange: DhcpExchange, reply: DhcpReply) => Verdict | Promise<Verdict>

export function emptyReply(): DhcpReply {
  return {
    yourAddress: unspecifiedIpv4,
    nextServerAddress: unspecifiedIpv4,
    bootFileName: '',
    options: new Map(),
  }
}

/**
 * The address that the client uses already. A DISCOVER has none, and neither has a request that names an
 * address in option 50, whatever buggy clients write into ciaddr.
 */
export function addressInUse({ messageType, clientAddress, options }: DhcpPacket): Ipv4Address {
  const isIdle = messageType === 'discover' || options.has(dhcpOptionCode.requestedAddress)
  return isIdle ? unspecifiedIpv4 : clientAddress
}
