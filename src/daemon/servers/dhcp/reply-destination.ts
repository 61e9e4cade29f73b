import { broadcastIpv4, type Ipv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import { broadcastFlag, type DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import { addressInUse } from './dhcp-exchange.ts'

/** Who a reply is sent to: whoever has that address, or a client's card that does not know it yet. */
export interface ReplyDestination {
  readonly kind: 'relay' | 'client' | 'card'
  readonly address: Ipv4Address
}

/**
 * Where a reply goes, RFC 2131 §4.1: to the relay that forwarded the request; a NAK to everybody; to the
 * address that the client uses; else to the address that it is given and, as it cannot answer ARP before
 * it has it, straight to its card. A client that says it hears no such packet (the broadcast flag), or
 * that is given no address, is answered with everybody.
 */
export function replyDestination(
  request: DhcpPacket,
  replyType: 'offer' | 'ack' | 'nak',
  yourAddress: Ipv4Address,
): ReplyDestination {
  if (request.relayAddress !== unspecifiedIpv4) {
    return { kind: 'relay', address: request.relayAddress }
  }
  if (replyType === 'nak') return { kind: 'client', address: broadcastIpv4 }
  const used = addressInUse(request)
  if (used !== unspecifiedIpv4) return { kind: 'client', address: used }
  const hearsAll = (request.flags & broadcastFlag) !== 0 || yourAddress === unspecifiedIpv4
  return hearsAll
    ? { kind: 'client', address: broadcastIpv4 }
    : { kind: 'card', address: yourAddress }
}
