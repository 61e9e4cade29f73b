import { asciiBytes } from '../../../../base/ascii.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { pxeBootFileGivenValue } from '../../../../protocol/dhcpv4/pxe-vendor-options.ts'
import type { BootClient } from '../../../domain/bootenv/boot-client.ts'
import { type DhcpLink, withOptions } from '../dhcp-exchange.ts'

/** Says what firmware must hear before it takes the boot file. */
export const pxeOptionsLink: DhcpLink = ({ client }, reply) => {
  if (reply.boot?.kind !== 'boot-file') return { kind: 'continue', reply }
  return { kind: 'continue', reply: withOptions(reply, firmwareOptions(client)) }
}

/**
 * A BIOS PXE ROM hears that the boot file is all there is: no menu, no discovery. UEFI PXE must not
 * get this: EDK2 takes a reply with option 60 for one of a boot server's and asks again on port 4011,
 * while a reply without it is simply booted from. UEFI HTTP boot drops every reply that does not say
 * `HTTPClient` (UEFI 2.10 §24.7.2).
 */
function firmwareOptions({ kind, platform }: BootClient): [number, Uint8Array][] {
  if (kind === 'http-firmware') {
    return [[dhcpOptionCode.vendorClass, asciiBytes('HTTPClient')]]
  }
  if (kind !== 'firmware' || platform !== 'bios') return []
  return [
    [dhcpOptionCode.vendorClass, asciiBytes('PXEClient')],
    [dhcpOptionCode.vendorSpecific, pxeBootFileGivenValue()],
  ]
}
