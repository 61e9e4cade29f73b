import { parseIpv4Address } from '../../src/base/ipv4-address.ts'
import { macAddressFromBytes } from '../../src/base/mac-address.ts'
import { lendableRanges } from '../../src/daemon/domain/lease/address-range.ts'
import { LeasePool } from '../../src/daemon/domain/lease/lease-pool.ts'
import type { Subnet } from '../../src/daemon/domain/lease/subnet.ts'
import { bootClientOf } from '../../src/daemon/servers/dhcp/boot-client-of.ts'
import type { DhcpExchange } from '../../src/daemon/servers/dhcp/dhcp-exchange.ts'
import { leaseClientOf } from '../../src/daemon/servers/dhcp/lease-client-of.ts'
import { readRelayAgentInformation } from '../../src/protocol/dhcpv4/relay-agent-information.ts'
import { dhcpRequest } from './dhcp-request.ts'
import { ManualTime } from './manual-time.ts'
import { MemoryLeaseStore } from './memory-lease-store.ts'
import { sampleSubnet } from './sample-subnet.ts'

/** A request in the sample subnet, as the server hands it to its links. */
export function dhcpExchange(
  request = dhcpRequest(),
  changes: Partial<DhcpExchange> = {},
): DhcpExchange {
  const macAddress = macAddressFromBytes(request.hardwareAddress)
  const subnet = changes.subnet ?? sampleSubnet()
  return {
    request,
    role: 'server',
    macAddress,
    client: bootClientOf(macAddress, request.options),
    leaseClient: leaseClientOf(macAddress, request, readRelayAgentInformation(request.options)),
    applicant: { macAddress },
    serverAddress: parseIpv4Address('10.77.0.1'),
    subnet,
    pool: samplePool(subnet),
    leaseSeconds: subnet.leaseSeconds,
    optionSets: [subnet.options],
    ...changes,
  }
}

function samplePool({ pools, network, excluded, leaseSeconds }: Subnet): LeasePool {
  return new LeasePool({
    lendable: lendableRanges(pools, network, excluded),
    leaseSeconds,
    isKnownMachine: () => false,
    leaseStore: new MemoryLeaseStore(),
    clock: new ManualTime(),
  })
}
