import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { ipxeWithoutProxyValue } from '../../../../protocol/dhcpv4/ipxe-options.ts'
import type { DhcpLink } from '../dhcp-exchange.ts'

/** iPXE need not wait for a proxy: everything it needs is in this reply. */
export const ipxeOptionsLink: DhcpLink = ({ client }, reply) => {
  if (client.kind !== 'ipxe') return { kind: 'continue', reply }
  reply.options.set(dhcpOptionCode.ipxe, ipxeWithoutProxyValue())
  return { kind: 'continue', reply }
}
