import { dhcpOptionCode } from './dhcp-option-code.ts'
import type { DhcpOptions } from './dhcp-packet.ts'

/** Option 93, RFC 4578 §2.1: one or more numbers from IANA's processor architecture registry. */
export function readClientArchitectures(options: DhcpOptions): readonly number[] {
  const value = options.get(dhcpOptionCode.clientArchitecture)
  if (value === undefined || value.length % 2 !== 0) return []
  return Array.from(
    { length: value.length / 2 },
    (_unused, index) => ((value[index * 2] ?? 0) << 8) | (value[index * 2 + 1] ?? 0),
  )
}
