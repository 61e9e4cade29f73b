import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { secondsValue } from '../../../../protocol/dhcpv4/write-option.ts'
import type { DhcpLink } from '../dhcp-exchange.ts'

/** The lease's times (RFC 2131 §4.4.5), unless the client only asked for settings. */
export const leaseTimesLink: DhcpLink = ({ request, leaseSeconds }, reply) => {
  if (request.messageType === 'inform') return { kind: 'continue', reply }
  reply.options.set(dhcpOptionCode.leaseTime, secondsValue(leaseSeconds))
  reply.options.set(dhcpOptionCode.renewalTime, secondsValue(leaseSeconds / 2))
  reply.options.set(dhcpOptionCode.rebindingTime, secondsValue((leaseSeconds * 7) / 8))
  return { kind: 'continue', reply }
}
