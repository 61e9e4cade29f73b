import { asciiBytes } from '../../base/ascii.ts'
import { type Ipv4Address, ipv4ToBytes } from '../../base/ipv4-address.ts'
import { type Ipv4Network, networkBroadcast, networkMask } from '../../base/ipv4-network.ts'
import { dhcpOptionCode } from './dhcp-option-code.ts'
import { addressesValue } from './write-option.ts'

/** What every client of a network is told about it. */
export interface NetworkFacts {
  readonly network: Ipv4Network
  readonly router?: Ipv4Address | undefined
  readonly dnsServers: readonly Ipv4Address[]
  /** ASCII. */
  readonly domainName?: string | undefined
}

/** Mask, broadcast address, router and names, RFC 2132 §3. */
export function networkOptions(facts: NetworkFacts): Map<number, Uint8Array> {
  const { network, router, dnsServers, domainName } = facts
  const options = new Map([
    [dhcpOptionCode.subnetMask as number, ipv4ToBytes(networkMask(network))],
    [dhcpOptionCode.broadcastAddress, ipv4ToBytes(networkBroadcast(network))],
  ])
  if (router !== undefined) options.set(dhcpOptionCode.router, ipv4ToBytes(router))
  if (dnsServers.length > 0) {
    options.set(dhcpOptionCode.domainNameServers, addressesValue(dnsServers))
  }
  if (domainName !== undefined) options.set(dhcpOptionCode.domainName, asciiBytes(domainName))
  return options
}
