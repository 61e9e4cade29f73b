import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { OptionTemplate } from '../../../domain/lease/subnet.ts'
import type { DhcpExchange, DhcpLink, DhcpReply } from '../dhcp-exchange.ts'
import { templateFacts } from '../template-facts.ts'

/** They may be long, and whoever can use them asks for them (RFC 3397 §2, RFC 3442). */
const onlyWhenAskedFor: readonly number[] = [
  dhcpOptionCode.domainSearch,
  dhcpOptionCode.classlessRoutes,
]

/** What the operator set for the subnet, for clients of this kind and for this one, in that order. */
export const operatorOptionsLink: DhcpLink = (exchange, reply) => {
  for (const set of exchange.optionSets) {
    for (const [code, source] of set) {
      if (onlyWhenAskedFor.includes(code) && !isAskedFor(exchange, code)) continue
      const value = source instanceof Uint8Array ? source : rendered(source, exchange, reply)
      if (value !== undefined) reply.options.set(code, value)
    }
  }
  return { kind: 'continue', reply }
}

function isAskedFor({ request }: DhcpExchange, code: number): boolean {
  return request.options.get(dhcpOptionCode.parameterRequestList)?.includes(code) ?? false
}

/** A template that makes no value of this client's facts leaves its option out. */
function rendered(
  template: OptionTemplate,
  exchange: DhcpExchange,
  reply: DhcpReply,
): Uint8Array | undefined {
  return template.render(templateFacts(exchange, reply.yourAddress))
}
