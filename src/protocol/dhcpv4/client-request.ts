import { unspecifiedIpv4 } from '../../base/ipv4-address.ts'
import { type MacAddress, macAddressToBytes } from '../../base/mac-address.ts'
import type { DhcpMessageType } from './dhcp-message-type.ts'
import { broadcastFlag, type DhcpOptions, type DhcpPacket } from './dhcp-packet.ts'

/** [chaddr] */
const hardwareAddressBytes = 16
const noBytes = new Uint8Array(0)

/**
 * What a client says that has no address: who it is and what it wants, and that the answer goes to
 * everybody, since nobody can reach it otherwise.
 */
export function clientRequest(words: {
  readonly messageType: DhcpMessageType
  readonly transactionId: number
  readonly macAddress: MacAddress
  readonly options: DhcpOptions
}): DhcpPacket {
  const { messageType, transactionId, macAddress, options } = words
  const hardwareAddress = new Uint8Array(hardwareAddressBytes)
  hardwareAddress.set(macAddressToBytes(macAddress))
  return {
    operation: 'request',
    messageType,
    hops: 0,
    transactionId,
    seconds: 0,
    flags: broadcastFlag,
    clientAddress: unspecifiedIpv4,
    yourAddress: unspecifiedIpv4,
    nextServerAddress: unspecifiedIpv4,
    relayAddress: unspecifiedIpv4,
    hardwareAddress,
    serverName: noBytes,
    bootFile: noBytes,
    options,
  }
}
