import { type Ipv4Address, ipv4ToBytes } from '../../base/ipv4-address.ts'

/** One address after the other, as options 3 and 6 have them. */
export function addressesValue(addresses: readonly Ipv4Address[]): Uint8Array {
  return Uint8Array.from(addresses.flatMap((address) => [...ipv4ToBytes(address)]))
}

/** Seconds for options 51, 58 and 59; what does not fit 32 bits means for ever, RFC 2131 §3.3. */
export function secondsValue(seconds: number): Uint8Array {
  const value = Math.min(Math.max(0, Math.floor(seconds)), 0xffff_ffff)
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}
