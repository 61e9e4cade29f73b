import { type Ipv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import type { Ipv4Network } from '../../../base/ipv4-network.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import type { BootPrograms } from '../../../contract/boot-programs.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpOptions, DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import type { BootClient, BootFileDecision } from '../../domain/bootenv/boot-client.ts'
import type { Reservation } from '../../domain/lease/lease-pool.ts'

/** A network whose machines we give addresses to. */
export interface DhcpSubnet {
  readonly network: Ipv4Network
  readonly poolFirst: Ipv4Address
  readonly poolLast: Ipv4Address
  readonly leaseSeconds: number
  readonly router?: Ipv4Address
  readonly dnsServers: readonly Ipv4Address[]
  readonly domainName?: string
  /** Addresses of their own, inside or outside the pool. */
  readonly reservations: readonly Reservation[]
  /** Other boot programs than the usual ones. */
  readonly bootPrograms?: BootPrograms
}

/** One request that is being answered. */
export interface DhcpExchange {
  readonly request: DhcpPacket
  readonly macAddress: MacAddress
  readonly client: BootClient
  readonly serverAddress: Ipv4Address
  readonly subnet: DhcpSubnet
}

/** The answer as far as it is known. */
export interface DhcpReply {
  readonly yourAddress: Ipv4Address
  readonly nextServerAddress: Ipv4Address
  readonly bootFileName: string
  readonly options: DhcpOptions
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

export const emptyReply: DhcpReply = {
  yourAddress: unspecifiedIpv4,
  nextServerAddress: unspecifiedIpv4,
  bootFileName: '',
  options: new Map(),
}

/** The reply with further options. */
export function withOptions(
  reply: DhcpReply,
  options: Iterable<readonly [number, Uint8Array]>,
): DhcpReply {
  return { ...reply, options: new Map([...reply.options, ...options]) }
}

/**
 * The address that the client uses already. A DISCOVER has none, and neither has a request that names an
 * address in option 50, whatever buggy clients write into ciaddr.
 */
export function addressInUse({ messageType, clientAddress, options }: DhcpPacket): Ipv4Address {
  const isIdle = messageType === 'discover' || options.has(dhcpOptionCode.requestedAddress)
  return isIdle ? unspecifiedIpv4 : clientAddress
}
