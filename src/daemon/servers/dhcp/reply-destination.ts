import { broadcastIpv4, type Ipv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import type { DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import { addressInUse } from './dhcp-exchange.ts'

export interface ReplyDestination {
  readonly address: Ipv4Address
  readonly port: 'server' | 'client'
}

/**
 * Where a reply goes, RFC 2131 §4.1: to the relay that forwarded the request; a NAK to everybody; to the
 * address that the client uses; else to everybody. A client without an address cannot answer ARP, so
 * unicast would need a raw socket; §4.1 allows the broadcast instead, with or without the broadcast flag.
 */
export function replyDestination(
  request: DhcpPacket,
  replyType: 'offer' | 'ack' | 'nak',
): ReplyDestination {
  if (request.relayAddress !== unspecifiedIpv4) {
    return { address: request.relayAddress, port: 'server' }
  }
  const used = addressInUse(request)
  const isReachable = replyType !== 'nak' && used !== unspecifiedIpv4
  return { address: isReachable ? used : broadcastIpv4, port: 'client' }
}
