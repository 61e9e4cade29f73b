import { asciiBytes } from '../../../../base/ascii.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { BootFileResolver } from '../../../domain/bootenv/boot-client.ts'
import type { DhcpLink } from '../dhcp-exchange.ts'

/**
 * The boot file in all three places where clients look for it: options 66 and 67, siaddr and the `file`
 * field. An ordinary client gets none.
 */
export function bootFileLink(bootFiles: BootFileResolver): DhcpLink {
  return ({ client, request, subnet }, reply) => {
    if (client.kind === 'none') return { kind: 'continue', reply }
    const boot = bootFiles.bootFileFor(client, {
      bootPrograms: subnet.bootPrograms,
      isFirstOfBoot: request.messageType === 'discover',
    })
    if (boot.kind === 'none') return { kind: 'continue', reply: { ...reply, boot } }
    const { bootFileName, serverAddress: nextServerAddress } = boot
    reply.options.set(dhcpOptionCode.tftpServerName, asciiBytes(nextServerAddress))
    reply.options.set(dhcpOptionCode.bootFileName, asciiBytes(bootFileName))
    return { kind: 'continue', reply: { ...reply, boot, bootFileName, nextServerAddress } }
  }
}
