import { printableText } from '../../base/ascii.ts'
import { type Ipv4Address, ipv4FromBytes } from '../../base/ipv4-address.ts'
import type { DhcpOptions } from './dhcp-packet.ts'

/** Undefined when the option is absent or not four bytes long. */
export function readAddressOption(options: DhcpOptions, code: number): Ipv4Address | undefined {
  const value = options.get(code)
  return value?.length === 4 ? ipv4FromBytes(value) : undefined
}

/** Undefined when the option is absent or not two bytes long. */
export function readUint16Option(options: DhcpOptions, code: number): number | undefined {
  const value = options.get(code)
  return value?.length === 2 ? ((value[0] ?? 0) << 8) | (value[1] ?? 0) : undefined
}

/** Undefined when the option is absent or not four bytes long. */
export function readUint32Option(options: DhcpOptions, code: number): number | undefined {
  const value = options.get(code)
  return value?.length === 4 ? value.reduce((number, byte) => number * 256 + byte, 0) : undefined
}

/** Printable ASCII, up to a NUL that some clients end their strings with; undefined when nothing is left. */
export function readTextOption(options: DhcpOptions, code: number): string | undefined {
  const value = options.get(code)
  if (value === undefined) return undefined
  const end = value.indexOf(0)
  const text = printableText(end === -1 ? value : value.subarray(0, end))
  return text === '' ? undefined : text
}
