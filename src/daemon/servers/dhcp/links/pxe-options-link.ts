import { asciiBytes } from '../../../../base/ascii.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { pxeBootFileGivenValue } from '../../../../protocol/dhcpv4/pxe-vendor-options.ts'
import type { BootClient } from '../../../domain/bootenv/boot-client.ts'
import type { DhcpLink } from '../dhcp-exchange.ts'

/** Says what firmware must hear before it takes the boot file. */
export const pxeOptionsLink: DhcpLink = ({ client }, reply) => {
  if (reply.boot?.kind !== 'boot-file') return { kind: 'continue', reply }
  addFirmwareOptions(client, reply.options)
  return { kind: 'continue', reply }
}

/**
 * The same from a proxy, which always names itself: by option 60 a client knows that this offer adds to
 * another. A BIOS ROM and iPXE take the file at once; UEFI firmware, whose menus are often broken, is
 * given no option 43 and asks again on port 4011.
 */
export const proxyOptionsLink: DhcpLink = ({ client }, reply) => {
  if (reply.boot?.kind !== 'boot-file') {
    const because = reply.boot?.because ?? 'there is nothing to boot'
    return { kind: 'silence', counter: 'nothing-to-boot', because }
  }
  const name = client.kind === 'http-firmware' ? 'HTTPClient' : 'PXEClient'
  const takesFileAtOnce = client.kind === 'ipxe' || client.platform === 'bios'
  reply.options.set(dhcpOptionCode.vendorClass, asciiBytes(name))
  if (takesFileAtOnce) reply.options.set(dhcpOptionCode.vendorSpecific, pxeBootFileGivenValue())
  return { kind: 'continue', reply }
}

/**
 * A BIOS PXE ROM hears that the boot file is all there is: no menu, no discovery. UEFI PXE must not
 * get this: EDK2 takes a reply with option 60 for one of a boot server's and asks again on port 4011,
 * while a reply without it is simply booted from. UEFI HTTP boot drops every reply that does not say
 * `HTTPClient` (UEFI 2.10 §24.7.2).
 */
function addFirmwareOptions(
  { kind, platform }: BootClient,
  options: Map<number, Uint8Array>,
): void {
  if (kind === 'http-firmware') {
    options.set(dhcpOptionCode.vendorClass, asciiBytes('HTTPClient'))
  } else if (kind === 'firmware' && platform === 'bios') {
    options.set(dhcpOptionCode.vendorClass, asciiBytes('PXEClient'))
    options.set(dhcpOptionCode.vendorSpecific, pxeBootFileGivenValue())
  }
}
