import type { MacAddress } from '../../../../base/mac-address.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpOptions } from '../../../../protocol/dhcpv4/dhcp-packet.ts'
import { hasBootItem } from '../../../../protocol/dhcpv4/pxe-vendor-options.ts'
import { isHost } from '../../../domain/lease/select-subnet.ts'
import type { DhcpExchange, DhcpLink } from '../dhcp-exchange.ts'

/**
 * Whom a proxy answers, PXE 2.1 §2.2: a machine that we know and that boots from the network. On port 67
 * its DISCOVER; on port 4011 its REQUEST, once it has an address. Who asks there for an item of a boot
 * menu has it from somebody else. Strangers on a network that is not ours are left alone.
 */
export function proxyLink(isKnownMachine: (macAddress: MacAddress) => boolean): DhcpLink {
  return (exchange, reply) => {
    const { client, macAddress } = exchange
    if (client.kind === 'none' || !isForProxy(exchange)) {
      return { kind: 'silence', counter: 'not-for-proxy', because: 'another server answers this' }
    }
    if (isKnownMachine(macAddress)) return { kind: 'continue', reply }
    return {
      kind: 'silence',
      counter: 'unknown-machine',
      because:
        'another server gives the addresses here, so only known machines are booted: repave machine add',
    }
  }
}

function isForProxy({ role, request, subnet }: DhcpExchange): boolean {
  const { clientAddress, messageType, options } = request
  if (role === 'proxy') return messageType === 'discover'
  // The answer goes to the address that it names: one of a network of ours.
  const isOurs = isHost(subnet.network, clientAddress)
  return isOurs && messageType === 'request' && !asksForBootItem(options)
}

function asksForBootItem(options: DhcpOptions): boolean {
  const value = options.get(dhcpOptionCode.vendorSpecific)
  return value !== undefined && hasBootItem(value)
}
