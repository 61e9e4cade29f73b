import { printableText } from '../../../base/ascii.ts'
import { toHex } from '../../../base/hex.ts'
import { unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import { readClientArchitectures } from '../../../protocol/dhcpv4/client-architectures.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import { readTextOption } from '../../../protocol/dhcpv4/read-option.ts'
import {
  noRelayAgentInformation,
  type RelayAgentInformation,
} from '../../../protocol/dhcpv4/relay-agent-information.ts'
import { readSystemUuid } from '../../../protocol/dhcpv4/system-uuid.ts'
import { readUserClasses } from '../../../protocol/dhcpv4/user-classes.ts'
import type { LeaseClient } from '../../domain/lease/lease-client.ts'

/** What a client, and the relay in front of it, say; without a relay option 82 is the client's invention. */
export function leaseClientOf(
  macAddress: MacAddress,
  { options, relayAddress }: DhcpPacket,
  relay: RelayAgentInformation,
): LeaseClient {
  const clientId = options.get(dhcpOptionCode.clientIdentifier)
  const isRelayed = relayAddress !== unspecifiedIpv4
  const { circuitId, remoteId } = isRelayed ? relay : noRelayAgentInformation
  return {
    macAddress,
    architectures: readClientArchitectures(options),
    vendorClass: readTextOption(options, dhcpOptionCode.vendorClass) ?? '',
    hostName: readTextOption(options, dhcpOptionCode.hostName) ?? '',
    userClasses: readUserClasses(options),
    clientId: clientId === undefined ? undefined : toHex(clientId),
    systemUuid: readSystemUuid(options),
    circuitId: circuitId === undefined ? undefined : portText(circuitId),
    remoteId: remoteId === undefined ? undefined : portText(remoteId),
  }
}

/** Switches name their ports in text or in bytes of their own; bytes are shown as `0x0004…`. */
function portText(bytes: Uint8Array): string {
  const isText = bytes.every((byte) => byte > 0x20 && byte < 0x7f)
  return isText ? printableText(bytes) : `0x${toHex(bytes)}`
}
