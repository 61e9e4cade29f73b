import { asciiBytes, inertText } from '../../../../base/ascii.ts'
import type { NetworkPlace } from '../../../../contract/machine-standing.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { BootFileResolver } from '../../../domain/bootenv/boot-client.ts'
import type { LeaseClient } from '../../../domain/lease/lease-client.ts'
import type { DhcpLink } from '../dhcp-exchange.ts'

/**
 * The boot file in all three places where clients look for it: options 66 and 67, siaddr and the `file`
 * field. An ordinary client gets none.
 */
export function bootFileLink(bootFiles: BootFileResolver): DhcpLink {
  return ({ client, leaseClient, request, subnet }, reply) => {
    if (client.kind === 'none') return { kind: 'continue', reply }
    const boot = bootFiles.bootFileFor(client, {
      bootPrograms: subnet.bootPrograms,
      place: placeOf(subnet.name, leaseClient),
      isFirstOfBoot: request.messageType === 'discover',
    })
    if (boot.kind === 'none') return { kind: 'continue', reply: { ...reply, boot } }
    const { bootFileName, serverAddress: nextServerAddress } = boot
    reply.options.set(dhcpOptionCode.tftpServerName, asciiBytes(nextServerAddress))
    reply.options.set(dhcpOptionCode.bootFileName, asciiBytes(bootFileName))
    return { kind: 'continue', reply: { ...reply, boot, bootFileName, nextServerAddress } }
  }
}

/** What a relay says is any bytes: made inert before anybody sees it. */
function placeOf(subnet: string, { remoteId, circuitId }: LeaseClient): NetworkPlace {
  return {
    subnet,
    ...(remoteId === undefined ? {} : { remoteId: inertText(remoteId, 255) }),
    ...(circuitId === undefined ? {} : { circuitId: inertText(circuitId, 255) }),
  }
}
