import { printableText } from '../../base/ascii.ts'
import { dhcpOptionCode } from './dhcp-option-code.ts'
import type { DhcpOptions } from './dhcp-packet.ts'

/**
 * Option 77 as printable text. RFC 3004 has a length before each class; iPXE and others send the one
 * class raw, so what does not count up exactly is taken as one raw class.
 */
export function readUserClasses(options: DhcpOptions): readonly string[] {
  const value = options.get(dhcpOptionCode.userClass)
  if (value === undefined) return []
  return readCounted(value) ?? [printableText(value)]
}

function readCounted(value: Uint8Array): string[] | undefined {
  const classes: string[] = []
  let offset = 0
  while (offset < value.length) {
    const length = value[offset] ?? 0
    const end = offset + 1 + length
    if (length === 0 || end > value.length) return undefined
    classes.push(printableText(value.subarray(offset + 1, end)))
    offset = end
  }
  return classes
}
