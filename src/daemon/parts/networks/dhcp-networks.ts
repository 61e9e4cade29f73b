import { ipv4ToBytes } from '../../../base/ipv4-address.ts'
import { networkContains } from '../../../base/ipv4-network.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import { networkOptions } from '../../../protocol/dhcpv4/network-options.ts'
import type { DaemonConfig } from '../../configuration/config.ts'
import {
  type HostInterface,
  InterfaceAddressError,
  InterfaceUnknownError,
} from '../../configuration/network-interfaces.ts'
import type { Subnet } from '../../domain/lease/subnet.ts'
import type { DhcpInterface } from '../../servers/dhcp/dhcp-server.ts'

/** Where DHCP is heard, and what is served there. */
export interface DhcpNetworks {
  /** The daemon's own first. */
  readonly interfaces: readonly DhcpInterface[]
  readonly subnets: readonly Subnet[]
}

/**
 * The interface of the settings and every other one that a subnet of the content names. Where no subnet
 * of the content speaks for the network of the former, the settings `dhcp.*` describe it.
 *
 * @throws {InterfaceUnknownError} when a subnet names an interface that is not there
 * @throws {InterfaceAddressError} when that interface has no address in the subnet
 */
export function dhcpNetworks(
  config: DaemonConfig,
  fromContent: readonly Subnet[],
  present: readonly HostInterface[],
): DhcpNetworks {
  const { interfaceName, address, network } = config
  const own = { interfaceName, address, prefixLength: network.prefixLength }
  const isDescribed = fromContent.some(
    (subnet) =>
      subnet.interfaceName === interfaceName ||
      networkContains(subnet.network, network.address) ||
      networkContains(network, subnet.network.address),
  )
  const further = fromContent.flatMap((subnet) =>
    subnet.interfaceName === undefined || subnet.interfaceName === interfaceName
      ? []
      : [furtherNetwork(subnet, subnet.interfaceName, present)],
  )
  const elsewhere = new Map(further.map(({ subnet }) => [subnet.name, subnet]))
  const subnets = fromContent.map((subnet) => elsewhere.get(subnet.name) ?? subnet)
  return {
    interfaces: [own, ...further.map((network) => network.interface)],
    subnets: isDescribed ? subnets : [interfaceSubnet(config), ...subnets],
  }
}

/**
 * Boot files and images come from the daemon's one address, which machines on another interface reach by
 * way of our address there: it is their router where the subnet names none.
 */
function furtherNetwork(
  subnet: Subnet,
  interfaceName: string,
  present: readonly HostInterface[],
): { readonly interface: DhcpInterface; readonly subnet: Subnet } {
  const found = present.find(({ name }) => name === interfaceName)
  if (found === undefined) {
    throw new InterfaceUnknownError(
      interfaceName,
      present.map(({ name }) => name),
    )
  }
  const own = found.addresses.find(({ address }) => networkContains(subnet.network, address))
  if (own === undefined) {
    const addresses = found.addresses.map(({ address }) => address)
    throw new InterfaceAddressError(interfaceName, undefined, addresses)
  }
  const { address } = own
  const router = [dhcpOptionCode.router as number, ipv4ToBytes(address)] as const
  return {
    interface: { interfaceName, address, prefixLength: subnet.network.prefixLength },
    subnet: { ...subnet, options: new Map([router, ...subnet.options]) },
  }
}

/** Named after the interface. */
function interfaceSubnet({ dhcp, interfaceName, network }: DaemonConfig): Subnet {
  const { poolFirst, poolLast, leaseSeconds, router, dnsServers } = dhcp
  const used = [...(router === undefined ? [] : [router]), ...dnsServers]
  return {
    name: interfaceName,
    network,
    interfaceName,
    relays: [],
    pools: [{ first: poolFirst, last: poolLast }],
    excluded: used.map((address) => ({ first: address, last: address })),
    leaseSeconds,
    reservedLeaseSeconds: leaseSeconds,
    options: networkOptions({ ...dhcp, network }),
    profiles: [],
    reservations: dhcp.reservations.map(({ macAddress, address }) => ({
      key: { kind: 'mac-address', value: macAddress },
      address,
      options: new Map(),
    })),
  }
}
