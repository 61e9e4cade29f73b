import { unspecifiedIpv4 } from '../../src/base/ipv4-address.ts'
import { type MacAddress, parseMacAddress } from '../../src/base/mac-address.ts'
import type { DhcpPacket } from '../../src/protocol/dhcpv4/dhcp-packet.ts'

export const anyMacAddress = parseMacAddress('52:54:00:aa:bb:01')

/** A plain DISCOVER; `changes` make it into whatever a test needs. */
export function dhcpRequest(
  changes: Partial<Omit<DhcpPacket, 'options'>> & {
    readonly macAddress?: MacAddress
    readonly options?: Iterable<readonly [number, Uint8Array | readonly number[]]>
  } = {},
): DhcpPacket {
  const { macAddress = anyMacAddress, options = [], ...fields } = changes
  const hardwareAddress = new Uint8Array(16)
  hardwareAddress.set(macAddress.split(':').map((digits) => Number.parseInt(digits, 16)))
  return {
    operation: 'request',
    messageType: 'discover',
    hops: 0,
    transactionId: 0x1234_5678,
    seconds: 0,
    flags: 0,
    clientAddress: unspecifiedIpv4,
    yourAddress: unspecifiedIpv4,
    nextServerAddress: unspecifiedIpv4,
    relayAddress: unspecifiedIpv4,
    hardwareAddress,
    serverName: new Uint8Array(0),
    bootFile: new Uint8Array(0),
    ...fields,
    options: new Map(Array.from(options, ([code, value]) => [code, Uint8Array.from(value)])),
  }
}
