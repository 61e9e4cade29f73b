import { toHex } from '../../base/hex.ts'
import { dhcpOptionCode } from './dhcp-option-code.ts'
import type { DhcpOptions } from './dhcp-packet.ts'

/**
 * Option 97 as Linux prints a machine's SMBIOS UUID: type 0, then 16 bytes whose first three fields
 * are little-endian (RFC 4578 §2.3 points at EFI's layout). Undefined when it is missing, of another
 * type or length, or says nothing: all zeros and all ones stand for an unset UUID.
 */
export function readSystemUuid(options: DhcpOptions): string | undefined {
  const value = options.get(dhcpOptionCode.clientMachineIdentifier)
  if (value?.length !== 17 || value[0] !== 0) return undefined
  const bytes = value.subarray(1)
  if (bytes.every((byte) => byte === 0) || bytes.every((byte) => byte === 0xff)) return undefined
  const littleEndian = (start: number, end: number) => toHex(bytes.slice(start, end).toReversed())
  return [
    littleEndian(0, 4),
    littleEndian(4, 6),
    littleEndian(6, 8),
    toHex(bytes.subarray(8, 10)),
    toHex(bytes.subarray(10)),
  ].join('-')
}
