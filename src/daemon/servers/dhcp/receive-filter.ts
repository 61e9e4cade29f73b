import { type Ipv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import { networkBroadcast, networkContains } from '../../../base/ipv4-network.ts'
import type { DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import type { DhcpSubnet } from './dhcp-exchange.ts'

/**
 * The subnet that a packet is about: the interface's own, or the one that its relay stands in. Undefined
 * when it is about none: a server's message (ours may come back to us, and two servers must not answer each
 * other for ever), or a relay of no subnet of ours. A relay's address is where the reply goes, so one that
 * is our own or a broadcast address is refused.
 */
export function subnetOf(
  { operation, relayAddress }: DhcpPacket,
  own: DhcpSubnet,
  serverAddress: Ipv4Address,
): DhcpSubnet | undefined {
  if (operation !== 'request') return undefined
  if (relayAddress === unspecifiedIpv4) return own
  const isHost =
    networkContains(own.network, relayAddress) &&
    ![own.network.address, networkBroadcast(own.network), serverAddress].includes(relayAddress)
  return isHost ? own : undefined
}
