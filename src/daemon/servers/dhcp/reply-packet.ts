import { asciiBytes } from '../../../base/ascii.ts'
import { ipv4ToBytes, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import { broadcastFlag, type DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import { encodePacket } from '../../../protocol/dhcpv4/encode-packet.ts'
import { messageLimit } from '../../../protocol/dhcpv4/message-limit.ts'
import { readUint16Option } from '../../../protocol/dhcpv4/read-option.ts'
import { addressInUse, type DhcpExchange, type DhcpReply } from './dhcp-exchange.ts'
import { echoedOptions } from './links/echoed-options-link.ts'

/** OFFER or ACK, as long as the client takes it (option 57). */
export function encodeReply({ request }: DhcpExchange, reply: DhcpReply): Uint8Array {
  return encodeWithin(request, {
    ...carriedBack(request),
    messageType: request.messageType === 'discover' ? 'offer' : 'ack',
    clientAddress: addressInUse(request),
    yourAddress: reply.yourAddress,
    nextServerAddress: reply.nextServerAddress,
    bootFile: asciiBytes(reply.bootFileName),
    options: reply.options,
  })
}

/** A NAK says who refuses and why; through a relay it asks to be broadcast (RFC 2131 §4.3.2). */
export function encodeNak({ request, serverAddress }: DhcpExchange, because: string): Uint8Array {
  const empty = carriedBack(request)
  const isRelayed = request.relayAddress !== unspecifiedIpv4
  return encodeWithin(request, {
    ...empty,
    messageType: 'nak',
    flags: isRelayed ? empty.flags | broadcastFlag : empty.flags,
    options: new Map([
      [dhcpOptionCode.serverIdentifier, ipv4ToBytes(serverAddress)],
      [dhcpOptionCode.message, asciiBytes(because)],
      ...echoedOptions(request),
    ]),
  })
}

/** An empty reply with the fields that are the request's, RFC 2131 §4.3.1: xid, flags, giaddr, chaddr. */
function carriedBack(request: DhcpPacket): DhcpPacket {
  const { transactionId, flags, relayAddress, hardwareAddress } = request
  return {
    operation: 'reply',
    messageType: 'nak',
    hops: 0,
    transactionId,
    seconds: 0,
    flags,
    clientAddress: unspecifiedIpv4,
    yourAddress: unspecifiedIpv4,
    nextServerAddress: unspecifiedIpv4,
    relayAddress,
    hardwareAddress,
    serverName: new Uint8Array(0),
    bootFile: new Uint8Array(0),
    options: new Map(),
  }
}

function encodeWithin(request: DhcpPacket, reply: DhcpPacket): Uint8Array {
  const size = readUint16Option(request.options, dhcpOptionCode.maximumMessageSize)
  return encodePacket(reply, messageLimit(size))
}
