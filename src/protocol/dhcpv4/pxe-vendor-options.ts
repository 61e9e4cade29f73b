import { dhcpOptionCode } from './dhcp-option-code.ts'
import type { DhcpOptions } from './dhcp-packet.ts'
import { readTextOption } from './read-option.ts'

const discoveryControl = 6
const downloadTheBootFileGiven = 8

/** PXE firmware names itself in option 60, PXE 2.1 §2.2.1. */
export function isPxeClient(options: DhcpOptions): boolean {
  return readTextOption(options, dhcpOptionCode.vendorClass)?.startsWith('PXEClient') ?? false
}

/** UEFI HTTP boot names itself there too, UEFI 2.10 §24.7.2. */
export function isHttpBootClient(options: DhcpOptions): boolean {
  return readTextOption(options, dhcpOptionCode.vendorClass)?.startsWith('HTTPClient') ?? false
}

/** Option 43 that tells PXE firmware to take the boot file as given, without discovery or menu. */
export function pxeBootFileGivenValue(): Uint8Array {
  return Uint8Array.of(discoveryControl, 1, downloadTheBootFileGiven, dhcpOptionCode.end)
}

const bootItem = 71

/** Whether option 43 of a client names an item of a boot menu, PXE 2.1 §2.4.5. */
export function hasBootItem(vendorSpecific: Uint8Array): boolean {
  for (let offset = 0; offset < vendorSpecific.length;) {
    const code = vendorSpecific[offset]
    if (code === bootItem) return true
    if (code === dhcpOptionCode.end) return false
    offset += code === dhcpOptionCode.pad ? 1 : 2 + (vendorSpecific[offset + 1] ?? 0)
  }
  return false
}
