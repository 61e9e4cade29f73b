import { parseIpv4Address } from '../../src/base/ipv4-address.ts'
import { macAddressFromBytes } from '../../src/base/mac-address.ts'
import { bootClientOf } from '../../src/daemon/servers/dhcp/boot-client-of.ts'
import type { DhcpExchange } from '../../src/daemon/servers/dhcp/dhcp-exchange.ts'
import { dhcpRequest } from './dhcp-request.ts'

/** A request on 10.77.0.0/24, as the server hands it to its links. */
export function dhcpExchange(request = dhcpRequest()): DhcpExchange {
  const macAddress = macAddressFromBytes(request.hardwareAddress)
  return {
    request,
    macAddress,
    client: bootClientOf(macAddress, request.options),
    serverAddress: parseIpv4Address('10.77.0.1'),
    subnet: {
      network: { address: parseIpv4Address('10.77.0.0'), prefixLength: 24 },
      poolFirst: parseIpv4Address('10.77.0.10'),
      poolLast: parseIpv4Address('10.77.0.20'),
      leaseSeconds: 3600,
      dnsServers: [],
      reservations: [],
    },
  }
}
