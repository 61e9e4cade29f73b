import type { MacAddress } from '../../../base/mac-address.ts'
import { readClientArchitectures } from '../../../protocol/dhcpv4/client-architectures.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpOptions } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import { isIpxe } from '../../../protocol/dhcpv4/ipxe-options.ts'
import { isPxeClient } from '../../../protocol/dhcpv4/pxe-vendor-options.ts'
import { readTextOption } from '../../../protocol/dhcpv4/read-option.ts'
import { readSystemUuid } from '../../../protocol/dhcpv4/system-uuid.ts'
import type { BootClient, FirmwarePlatform } from '../../domain/bootenv/boot-client.ts'

/** IANA's processor architecture registry; 7 and 9 both mean x64, as RFC 4578 had them swapped. */
const platformOfArchitecture: ReadonlyMap<number, FirmwarePlatform> = new Map([
  [0, 'bios'],
  [7, 'uefi-x86_64'],
  [9, 'uefi-x86_64'],
  [11, 'uefi-aarch64'],
])

/** What a client says about itself, brought down to what a boot decision needs. */
export function bootClientOf(macAddress: MacAddress, options: DhcpOptions): BootClient {
  const systemUuid = readSystemUuid(options)
  return {
    macAddress,
    platform: platformOf(options),
    kind: kindOf(options),
    ...(systemUuid === undefined ? {} : { systemUuid }),
  }
}

function kindOf(options: DhcpOptions): BootClient['kind'] {
  if (isIpxe(options)) return 'ipxe'
  return isPxeClient(options) ? 'firmware' : 'none'
}

/** Option 93, else the number in `PXEClient:Arch:00007:…`. */
function platformOf(options: DhcpOptions): FirmwarePlatform {
  const vendorClass = readTextOption(options, dhcpOptionCode.vendorClass) ?? ''
  const named = /^PXEClient:Arch:(\d{5})/.exec(vendorClass)?.[1]
  const architectures = readClientArchitectures(options)
  const candidates =
    architectures.length === 0 && named !== undefined ? [Number(named)] : architectures
  const platforms = candidates.map((number) => platformOfArchitecture.get(number))
  return platforms.find((platform) => platform !== undefined) ?? 'unknown'
}
