import { asciiBytes } from '../../../base/ascii.ts'
import { ipv4ToBytes, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import { broadcastFlag, type DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import { encodePacket } from '../../../protocol/dhcpv4/encode-packet.ts'
import { messageLimit } from '../../../protocol/dhcpv4/message-limit.ts'
import { readUint16Option } from '../../../protocol/dhcpv4/read-option.ts'
import { addressInUse, type DhcpExchange, type DhcpReply, emptyReply } from './dhcp-exchange.ts'
import { echoOptions } from './links/echoed-options-link.ts'

const noBytes = new Uint8Array(0)

/** OFFER or ACK, as long as the client takes it (option 57). */
export function encodeReply({ request }: DhcpExchange, reply: DhcpReply): Uint8Array {
  const messageType = request.messageType === 'discover' ? 'offer' : 'ack'
  return encodeWithin(request, replyTo(request, messageType, reply))
}

/** A NAK says who refuses and why; through a relay it asks to be broadcast (RFC 2131 §4.3.2). */
export function encodeNak({ request, serverAddress }: DhcpExchange, because: string): Uint8Array {
  const isRelayed = request.relayAddress !== unspecifiedIpv4
  const reply = emptyReply()
  reply.options.set(dhcpOptionCode.serverIdentifier, ipv4ToBytes(serverAddress))
  reply.options.set(dhcpOptionCode.message, asciiBytes(because))
  echoOptions(request, reply.options)
  const nak = replyTo(request, 'nak', reply)
  return encodeWithin(request, isRelayed ? { ...nak, flags: nak.flags | broadcastFlag } : nak)
}

/** With the fields that are the request's, RFC 2131 §4.3.1: xid, flags, giaddr, chaddr. */
function replyTo(
  request: DhcpPacket,
  messageType: 'offer' | 'ack' | 'nak',
  reply: DhcpReply,
): DhcpPacket {
  const { bootFileName } = reply
  return {
    operation: 'reply',
    messageType,
    hops: 0,
    transactionId: request.transactionId,
    seconds: 0,
    flags: request.flags,
    clientAddress: messageType === 'nak' ? unspecifiedIpv4 : addressInUse(request),
    yourAddress: reply.yourAddress,
    nextServerAddress: reply.nextServerAddress,
    relayAddress: request.relayAddress,
    hardwareAddress: request.hardwareAddress,
    serverName: noBytes,
    bootFile: bootFileName === '' ? noBytes : asciiBytes(bootFileName),
    options: reply.options,
  }
}

function encodeWithin(request: DhcpPacket, reply: DhcpPacket): Uint8Array {
  const size = readUint16Option(request.options, dhcpOptionCode.maximumMessageSize)
  return encodePacket(reply, messageLimit(size))
}
