import { asciiBytes } from '../../../../base/ascii.ts'
import { ipv4ToBytes } from '../../../../base/ipv4-address.ts'
import { networkBroadcast, networkMask } from '../../../../base/ipv4-network.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { addressesValue, secondsValue } from '../../../../protocol/dhcpv4/write-option.ts'
import { type DhcpLink, type DhcpSubnet, withOptions } from '../dhcp-exchange.ts'

/** Mask, router, names and, unless the client only asked for settings, the lease's times (RFC 2131 §4.4.5). */
export const networkOptionsLink: DhcpLink = ({ request, subnet }, reply) => {
  const times = request.messageType === 'inform' ? [] : leaseTimes(subnet.leaseSeconds)
  const options = [...networkOptions(subnet), ...times]
  return { kind: 'continue', reply: withOptions(reply, options) }
}

function networkOptions(subnet: DhcpSubnet): (readonly [number, Uint8Array])[] {
  const { network, router, dnsServers, domainName } = subnet
  const options: (readonly [number, Uint8Array])[] = [
    [dhcpOptionCode.subnetMask, ipv4ToBytes(networkMask(network))],
    [dhcpOptionCode.broadcastAddress, ipv4ToBytes(networkBroadcast(network))],
  ]
  if (router !== undefined) options.push([dhcpOptionCode.router, ipv4ToBytes(router)])
  if (dnsServers.length > 0) {
    options.push([dhcpOptionCode.domainNameServers, addressesValue(dnsServers)])
  }
  if (domainName !== undefined) {
    options.push([dhcpOptionCode.domainName, asciiBytes(domainName)])
  }
  return options
}

function leaseTimes(leaseSeconds: number): (readonly [number, Uint8Array])[] {
  return [
    [dhcpOptionCode.leaseTime, secondsValue(leaseSeconds)],
    [dhcpOptionCode.renewalTime, secondsValue(leaseSeconds / 2)],
    [dhcpOptionCode.rebindingTime, secondsValue((leaseSeconds * 7) / 8)],
  ]
}
