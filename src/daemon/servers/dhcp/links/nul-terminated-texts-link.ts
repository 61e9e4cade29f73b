import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { findOptionDefinition } from '../../../../protocol/dhcpv4/option-definitions.ts'
import type { DhcpLink } from '../dhcp-exchange.ts'

/** Clients that end their texts with a NUL (Microsoft's) read those of a reply up to one. */
export const nulTerminatedTextsLink: DhcpLink = ({ request }, reply) => {
  const isTerminating = (code: number) => request.options.get(code)?.at(-1) === 0
  if (isTerminating(dhcpOptionCode.hostName) || isTerminating(dhcpOptionCode.vendorClass)) {
    for (const [code, value] of reply.options) {
      const isText = findOptionDefinition(String(code))?.kind === 'text'
      if (isText) reply.options.set(code, Uint8Array.from([...value, 0]))
    }
  }
  return { kind: 'continue', reply }
}
