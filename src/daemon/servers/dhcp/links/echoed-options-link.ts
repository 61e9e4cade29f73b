import { unspecifiedIpv4 } from '../../../../base/ipv4-address.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpPacket } from '../../../../protocol/dhcpv4/dhcp-packet.ts'
import { type DhcpLink, withOptions } from '../dhcp-exchange.ts'

/** Carries back what clients and relays want to see again. */
export const echoedOptionsLink: DhcpLink = ({ request }, reply) => ({
  kind: 'continue',
  reply: withOptions(reply, echoedOptions(request)),
})

/**
 * The client identifier (RFC 6842), the machine identifier (PXE 2.1), the subnet that the client chose
 * (RFC 3011) and, when a relay is between us, its information unchanged (RFC 3046 §2.2); without a relay
 * somebody made that up.
 */
export function echoedOptions({ options, relayAddress }: DhcpPacket): [number, Uint8Array][] {
  const codes: number[] = [
    dhcpOptionCode.clientIdentifier,
    dhcpOptionCode.clientMachineIdentifier,
    dhcpOptionCode.subnetSelection,
    ...(relayAddress === unspecifiedIpv4 ? [] : [dhcpOptionCode.relayAgentInformation]),
  ]
  return codes.flatMap((code) => {
    const value = options.get(code)
    return value === undefined ? [] : [[code, value] satisfies [number, Uint8Array]]
  })
}
