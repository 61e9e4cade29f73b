declare const ipv4Address: unique symbol

/** A dotted-quad IPv4 address without leading zeros: `10.77.0.1`. */
export type Ipv4Address = string & { readonly [ipv4Address]: true }

export const unspecifiedIpv4 = '0.0.0.0' as Ipv4Address
export const broadcastIpv4 = '255.255.255.255' as Ipv4Address

/** Undefined when `text` is no dotted quad. */
export function readIpv4Address(text: string): Ipv4Address | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const valid = parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  return valid ? (text as Ipv4Address) : undefined
}

/** @throws {RangeError} when `text` is no dotted quad */
export function parseIpv4Address(text: string): Ipv4Address {
  const address = readIpv4Address(text)
  if (address === undefined) throw new RangeError(`not an IPv4 address: ${text.slice(0, 40)}`)
  return address
}

/** 0 to 2^32-1, most significant byte first. */
export function ipv4ToNumber(address: Ipv4Address): number {
  let number = 0
  let part = 0
  for (let index = 0; index < address.length; index++) {
    const digit = address.charCodeAt(index) - 48
    if (digit >= 0) {
      part = part * 10 + digit
    } else {
      number = number * 256 + part
      part = 0
    }
  }
  return number * 256 + part
}

/** @throws {RangeError} outside 0 to 2^32-1 */
export function ipv4FromNumber(number: number): Ipv4Address {
  if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff) {
    throw new RangeError(`not an IPv4 address: ${number}`)
  }
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}` as Ipv4Address
}

export function ipv4ToBytes(address: Ipv4Address): Uint8Array {
  const number = ipv4ToNumber(address)
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number)
}

/** @throws {RangeError} when there are not four bytes */
export function ipv4FromBytes(bytes: Uint8Array): Ipv4Address {
  if (bytes.length !== 4) throw new RangeError(`an IPv4 address has 4 bytes, got ${bytes.length}`)
  return ipv4At(bytes, 0)
}

/** The address in the four bytes from `offset`. @throws {RangeError} when there are fewer */
export function ipv4At(bytes: Uint8Array, offset: number): Ipv4Address {
  if (offset + 4 > bytes.length) throw new RangeError(`no IPv4 address at ${offset}`)
  const [first, second] = [bytes[offset], bytes[offset + 1]]
  return `${first}.${second}.${bytes[offset + 2]}.${bytes[offset + 3]}` as Ipv4Address
}
