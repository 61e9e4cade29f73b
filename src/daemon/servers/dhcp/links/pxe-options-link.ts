import { asciiBytes } from '../../../../base/ascii.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import { pxeBootFileGivenValue } from '../../../../protocol/dhcpv4/pxe-vendor-options.ts'
import { type DhcpLink, withOptions } from '../dhcp-exchange.ts'

/**
 * Tells a BIOS PXE ROM that the boot file is all there is: no menu, no discovery. UEFI must not get
 * this: EDK2 takes a reply with option 60 for one of a boot server's and asks again on port 4011, while a
 * reply without it is simply booted from.
 */
export const pxeOptionsLink: DhcpLink = ({ client }, reply) => {
  const isWanted = client.kind === 'firmware' && client.platform === 'bios'
  if (!isWanted || reply.boot?.kind !== 'boot-file') return { kind: 'continue', reply }
  const options = [
    [dhcpOptionCode.vendorClass, asciiBytes('PXEClient')],
    [dhcpOptionCode.vendorSpecific, pxeBootFileGivenValue()],
  ] as const
  return { kind: 'continue', reply: withOptions(reply, options) }
}
