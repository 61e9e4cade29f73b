import { ipv4ToBytes } from '../../../../base/ipv4-address.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { readAddressOption } from '../../../../protocol/dhcpv4/read-option.ts'
import type { DhcpLink } from '../dhcp-exchange.ts'

/**
 * Every reply names us in option 54 (EDK2 reads it unchecked). A client that names another server is
 * left to it, and what we offered it is free again.
 */
export const serverIdentifierLink: DhcpLink = (exchange, reply) => {
  const { request, macAddress, serverAddress, pool } = exchange
  const named = readAddressOption(request.options, dhcpOptionCode.serverIdentifier)
  if (named !== undefined && named !== serverAddress && request.messageType !== 'discover') {
    if (request.messageType === 'request') pool.withdrawOffer(macAddress)
    return { kind: 'silence', counter: 'other-server', because: `${named} serves it` }
  }
  reply.options.set(dhcpOptionCode.serverIdentifier, ipv4ToBytes(serverAddress))
  return { kind: 'continue', reply }
}
