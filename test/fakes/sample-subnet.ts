import { parseIpv4Address } from '../../src/base/ipv4-address.ts'
import type { Subnet } from '../../src/daemon/domain/lease/subnet.ts'
import { networkOptions } from '../../src/protocol/dhcpv4/network-options.ts'

const ip = parseIpv4Address

/** The network 10.77.0.0/24, of which .10 to .20 are lent; `changes` make it into what a test needs. */
export function sampleSubnet(changes: Partial<Subnet> = {}): Subnet {
  const network = { address: ip('10.77.0.0'), prefixLength: 24 }
  return {
    name: 'rack',
    network,
    relays: [],
    pools: [{ first: ip('10.77.0.10'), last: ip('10.77.0.20') }],
    excluded: [],
    leaseSeconds: 3600,
    reservedLeaseSeconds: 86_400,
    options: networkOptions({ network, dnsServers: [] }),
    profiles: [],
    reservations: [],
    ...changes,
  }
}
