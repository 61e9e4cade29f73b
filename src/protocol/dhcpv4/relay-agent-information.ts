import { type Ipv4Address, ipv4FromBytes } from '../../base/ipv4-address.ts'
import { dhcpOptionCode } from './dhcp-option-code.ts'
import type { DhcpOptions } from './dhcp-packet.ts'

/** What a relay says of the port that a request came in by: option 82, RFC 3046. */
export interface RelayAgentInformation {
  /** Sub-option 1: the port. */
  readonly circuitId?: Uint8Array
  /** Sub-option 2: the switch. */
  readonly remoteId?: Uint8Array
  /** Sub-option 5, RFC 3527: an address of the subnet that the client is in. */
  readonly linkSelection?: Ipv4Address
  /** Sub-option 11, RFC 5107: the server identifier that the client shall see. */
  readonly serverIdentifierOverride?: Ipv4Address
}

export const noRelayAgentInformation: RelayAgentInformation = {}

const subOption = { circuitId: 1, remoteId: 2, linkSelection: 5, serverIdentifier: 11 } as const

/** Unknown and broken sub-options count as absent; what stands behind one that runs past the end too. */
export function readRelayAgentInformation(options: DhcpOptions): RelayAgentInformation {
  const value = options.get(dhcpOptionCode.relayAgentInformation)
  if (value === undefined) return noRelayAgentInformation
  const parts = new Map<number, Uint8Array>()
  let offset = 0
  while (offset + 2 <= value.length) {
    const end = offset + 2 + (value[offset + 1] ?? 0)
    if (end > value.length) break
    if (end > offset + 2) parts.set(value[offset] ?? 0, value.subarray(offset + 2, end))
    offset = end
  }
  const circuitId = parts.get(subOption.circuitId)
  const remoteId = parts.get(subOption.remoteId)
  const linkSelection = addressOf(parts.get(subOption.linkSelection))
  const serverIdentifierOverride = addressOf(parts.get(subOption.serverIdentifier))
  return {
    ...(circuitId === undefined ? {} : { circuitId }),
    ...(remoteId === undefined ? {} : { remoteId }),
    ...(linkSelection === undefined ? {} : { linkSelection }),
    ...(serverIdentifierOverride === undefined ? {} : { serverIdentifierOverride }),
  }
}

function addressOf(value: Uint8Array | undefined): Ipv4Address | undefined {
  return value?.length === 4 ? ipv4FromBytes(value) : undefined
}
