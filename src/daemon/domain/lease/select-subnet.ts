import { type Ipv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import { type Ipv4Network, networkBroadcast, networkContains } from '../../../base/ipv4-network.ts'
import type { Subnet } from './subnet.ts'

/** Where we hear clients without a relay. */
export interface ServedInterface {
  readonly interfaceName: string
  /** Ours on it. */
  readonly address: Ipv4Address
}

/** What a request says of the place it comes from. */
export interface RequestPlace {
  readonly arrivedOn: ServedInterface
  /** [giaddr] */
  readonly relayAddress: Ipv4Address
  /** The relay's RFC 3527 sub-option. */
  readonly linkSelection?: Ipv4Address | undefined
  /** The client's option 118, RFC 3011. */
  readonly subnetSelection?: Ipv4Address | undefined
  /** [ciaddr] of a client that uses its address already. */
  readonly addressInUse: Ipv4Address
}

/**
 * The subnet that a request is about, the most exact word first: the relay's link selection, the
 * client's subnet selection, the relay's own address, the address in use, the interface. Undefined when
 * it is about none of ours, or comes by a relay that stands in none and is named by none: a relay's
 * address is where the reply goes, so one that is our own or no host's is refused too.
 */
export function selectSubnet<Served extends { readonly subnet: Subnet }>(
  place: RequestPlace,
  served: readonly Served[],
): Served | undefined {
  const { relayAddress, linkSelection, subnetSelection, addressInUse } = place
  const containing = (address: Ipv4Address) =>
    served.find(({ subnet }) => networkContains(subnet.network, address))
  if (relayAddress === unspecifiedIpv4) {
    if (subnetSelection !== undefined) return containing(subnetSelection)
    const inUse = addressInUse === unspecifiedIpv4 ? undefined : containing(addressInUse)
    return inUse ?? subnetOfInterface(place.arrivedOn, served)
  }
  const relayed = subnetOfRelay(relayAddress, served)
  if (relayed === undefined || relayAddress === place.arrivedOn.address) return undefined
  const selected = linkSelection ?? subnetSelection
  return selected === undefined ? relayed : containing(selected)
}

/** The subnet of clients that the interface hears directly. */
export function subnetOfInterface<Served extends { readonly subnet: Subnet }>(
  { interfaceName, address }: ServedInterface,
  served: readonly Served[],
): Served | undefined {
  return (
    served.find(({ subnet }) => subnet.interfaceName === interfaceName) ??
    served.find(
      ({ subnet }) =>
        subnet.interfaceName === undefined && networkContains(subnet.network, address),
    )
  )
}

function subnetOfRelay<Served extends { readonly subnet: Subnet }>(
  relayAddress: Ipv4Address,
  served: readonly Served[],
): Served | undefined {
  return (
    served.find(({ subnet }) => subnet.relays.includes(relayAddress)) ??
    served.find(({ subnet }) => isHost(subnet.network, relayAddress))
  )
}

/** Whether the address is one that a machine of the network may have. */
export function isHost(network: Ipv4Network, address: Ipv4Address): boolean {
  return (
    networkContains(network, address) &&
    address !== network.address &&
    address !== networkBroadcast(network)
  )
}
