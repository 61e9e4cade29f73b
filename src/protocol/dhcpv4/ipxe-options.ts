import { dhcpOptionCode } from './dhcp-option-code.ts'
import type { DhcpOptions } from './dhcp-packet.ts'
import { readUserClasses } from './user-classes.ts'

const noProxyDhcp = 176

/** iPXE says so in option 77, and carries its own options in 175. */
export function isIpxe(options: DhcpOptions): boolean {
  return options.has(dhcpOptionCode.ipxe) || readUserClasses(options).includes('iPXE')
}

/** Option 175 with `no-pxedhcp`: iPXE does not wait two seconds for a proxy's offer. */
export function ipxeWithoutProxyValue(): Uint8Array {
  return Uint8Array.of(noProxyDhcp, 1, 1)
}
