import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { secondsValue } from '../../../../protocol/dhcpv4/write-option.ts'
import { type DhcpLink, withOptions } from '../dhcp-exchange.ts'

/** The lease's times (RFC 2131 §4.4.5), unless the client only asked for settings. */
export const leaseTimesLink: DhcpLink = ({ request, leaseSeconds }, reply) => {
  if (request.messageType === 'inform') return { kind: 'continue', reply }
  const options = [
    [dhcpOptionCode.leaseTime, secondsValue(leaseSeconds)],
    [dhcpOptionCode.renewalTime, secondsValue(leaseSeconds / 2)],
    [dhcpOptionCode.rebindingTime, secondsValue((leaseSeconds * 7) / 8)],
  ] as const
  return { kind: 'continue', reply: withOptions(reply, options) }
}
