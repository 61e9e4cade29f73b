import { fromHex } from './hex.ts'

declare const macAddress: unique symbol

/** An Ethernet address in the one form we compare and store: `52:54:00:aa:bb:01`. */
export type MacAddress = string & { readonly [macAddress]: true }

/** Reads any usual spelling (`52-54-00-AA-BB-01`, `525400aabb01`); undefined when it is none. */
export function readMacAddress(text: string): MacAddress | undefined {
  const digits = text.toLowerCase().replaceAll(/[:.-]/g, '')
  if (!/^[0-9a-f]{12}$/.test(digits)) return undefined
  return digits.replaceAll(/(..)(?=.)/g, '$1:') as MacAddress
}

/** @throws {RangeError} when `text` is no Ethernet address */
export function parseMacAddress(text: string): MacAddress {
  const address = readMacAddress(text)
  if (address === undefined) throw new RangeError(`not a MAC address: ${text.slice(0, 40)}`)
  return address
}

/** The first six bytes, as a chaddr field carries them. @throws {RangeError} when there are fewer */
export function macAddressFromBytes(bytes: Uint8Array): MacAddress {
  if (bytes.length < 6) throw new RangeError(`a MAC address has 6 bytes, got ${bytes.length}`)
  const digits = (index: number) => digitsOfByte[bytes[index] ?? 0] ?? ''
  return `${digits(0)}:${digits(1)}:${digits(2)}:${digits(3)}:${digits(4)}:${digits(5)}` as MacAddress
}

const digitsOfByte = Array.from({ length: 256 }, (_unused, byte) =>
  byte.toString(16).padStart(2, '0'),
)

export function macAddressToBytes(macAddress: MacAddress): Uint8Array {
  return fromHex(macAddress.replaceAll(':', ''))
}
