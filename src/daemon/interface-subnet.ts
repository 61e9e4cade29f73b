import { networkContains } from '../base/ipv4-network.ts'
import { networkOptions } from '../protocol/dhcpv4/network-options.ts'
import type { DaemonConfig } from './config.ts'
import type { Subnet } from './domain/lease/subnet.ts'

/**
 * The subnets to serve: those of the content, and where none of them speaks for the network of the
 * interface, that network as the settings `dhcp.*` describe it.
 */
export function servedSubnets(config: DaemonConfig, fromContent: readonly Subnet[]): Subnet[] {
  const { network } = config
  const isDescribed = fromContent.some(
    (subnet) =>
      subnet.interfaceName === config.interfaceName ||
      networkContains(subnet.network, network.address) ||
      networkContains(network, subnet.network.address),
  )
  return isDescribed ? [...fromContent] : [interfaceSubnet(config), ...fromContent]
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
