import type { MacAddress } from '../../../base/mac-address.ts'
import { readClientArchitectures } from '../../../protocol/dhcpv4/client-architectures.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpOptions } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import { isIpxe } from '../../../protocol/dhcpv4/ipxe-options.ts'
import { isHttpBootClient, isPxeClient } from '../../../protocol/dhcpv4/pxe-vendor-options.ts'
import { readTextOption } from '../../../protocol/dhcpv4/read-option.ts'
import { readSystemUuid } from '../../../protocol/dhcpv4/system-uuid.ts'
import type { BootClient, FirmwarePlatform } from '../../domain/bootenv/boot-client.ts'

/**
 * IANA's processor architecture registry; 7 and 9 both mean x64, as RFC 4578 had them swapped. UEFI
 * HTTP boot has numbers of its own: 16 and 19.
 */
const platformOfArchitecture: ReadonlyMap<number, FirmwarePlatform> = new Map([
  [0, 'bios'],
  [7, 'uefi-x86_64'],
  [9, 'uefi-x86_64'],
  [11, 'uefi-aarch64'],
  [16, 'uefi-x86_64'],
  [19, 'uefi-aarch64'],
])

/** What a client says about itself, brought down to what a boot decision needs. */
export function bootClientOf(macAddress: MacAddress, options: DhcpOptions): BootClient {
  const systemUuid = readSystemUuid(options)
  const architectures = architecturesOf(options)
  const platforms = architectures.map((number) => platformOfArchitecture.get(number))
  const platform = platforms.find((known) => known !== undefined) ?? 'unknown'
  const [architecture] = platform === 'unknown' ? architectures : []
  return {
    macAddress,
    platform,
    kind: kindOf(options),
    ...(architecture === undefined ? {} : { architecture }),
    ...(systemUuid === undefined ? {} : { systemUuid }),
  }
}

function kindOf(options: DhcpOptions): BootClient['kind'] {
  if (isIpxe(options)) return 'ipxe'
  if (isHttpBootClient(options)) return 'http-firmware'
  return isPxeClient(options) ? 'firmware' : 'none'
}

/** Option 93, else the number in `PXEClient:Arch:00007:…`. */
function architecturesOf(options: DhcpOptions): readonly number[] {
  const architectures = readClientArchitectures(options)
  if (architectures.length > 0) return architectures
  const vendorClass = readTextOption(options, dhcpOptionCode.vendorClass) ?? ''
  const named = /^(?:PXE|HTTP)Client:Arch:(\d{5})/.exec(vendorClass)?.[1]
  return named === undefined ? [] : [Number(named)]
}
