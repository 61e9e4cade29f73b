import { asciiBytes } from '../../../../base/ascii.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { BootFileResolver } from '../../../domain/bootenv/boot-client.ts'
import { type DhcpLink, withOptions } from '../dhcp-exchange.ts'

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
    const options = [
      [dhcpOptionCode.tftpServerName, asciiBytes(nextServerAddress)],
      [dhcpOptionCode.bootFileName, asciiBytes(bootFileName)],
    ] as const
    const booting = { ...reply, boot, bootFileName, nextServerAddress }
    return { kind: 'continue', reply: withOptions(booting, options) }
  }
}
