import { unspecifiedIpv4 } from '../../../../base/ipv4-address.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpPacket } from '../../../../protocol/dhcpv4/dhcp-packet.ts'
import type { DhcpLink } from '../dhcp-exchange.ts'

/** Carries back what clients and relays want to see again. */
export const echoedOptionsLink: DhcpLink = ({ request }, reply) => {
  echoOptions(request, reply.options)
  return { kind: 'continue', reply }
}

/**
 * The client identifier (RFC 6842), the machine identifier (PXE 2.1), the subnet that the client chose
 * (RFC 3011) and, when a relay is between us, its information unchanged (RFC 3046 §2.2); without a relay
 * somebody made that up.
 */
export function echoOptions(
  { options, relayAddress }: DhcpPacket,
  into: Map<number, Uint8Array>,
): void {
  echo(dhcpOptionCode.clientIdentifier)
  echo(dhcpOptionCode.clientMachineIdentifier)
  echo(dhcpOptionCode.subnetSelection)
  if (relayAddress !== unspecifiedIpv4) echo(dhcpOptionCode.relayAgentInformation)

  function echo(code: number): void {
    const value = options.get(code)
    if (value !== undefined) into.set(code, value)
  }
}
