import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { findOptionDefinition } from '../../../../protocol/dhcpv4/option-definitions.ts'
import { type DhcpLink, withOptions } from '../dhcp-exchange.ts'

/** Clients that end their texts with a NUL (Microsoft's) read those of a reply up to one. */
export const nulTerminatedTextsLink: DhcpLink = ({ request }, reply) => {
  const ends = [dhcpOptionCode.hostName, dhcpOptionCode.vendorClass].map((code) =>
    request.options.get(code)?.at(-1),
  )
  if (!ends.includes(0)) return { kind: 'continue', reply }
  const texts = [...reply.options].filter(
    ([code]) => findOptionDefinition(String(code))?.kind === 'text',
  )
  const terminated = texts.map(([code, value]) => [code, Uint8Array.from([...value, 0])] as const)
  return { kind: 'continue', reply: withOptions(reply, terminated) }
}
