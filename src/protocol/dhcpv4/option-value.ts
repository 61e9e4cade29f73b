import { asciiBytes } from '../../base/ascii.ts'
import { fromHex } from '../../base/hex.ts'
import { readIpv4Address } from '../../base/ipv4-address.ts'
import { classlessRoutesValue } from './classless-routes.ts'
import { domainSearchValue } from './domain-search.ts'
import type { OptionKind } from './option-definitions.ts'
import { addressesValue } from './write-option.ts'

/** What a person is told when a value is not of its kind. */
const expectations: Readonly<Record<OptionKind, string>> = {
  address: 'one IPv4 address',
  addresses: 'IPv4 addresses',
  text: 'printable ASCII text of 1 to 255 characters',
  uint8: 'a whole number from 0 to 255',
  uint16: 'a whole number from 0 to 65535',
  uint32: 'a whole number from 0 to 4294967295',
  int32: 'a whole number from -2147483648 to 2147483647',
  flag: 'true or false',
  'domain-names': 'domain names',
  routes: 'routes such as 10.1.0.0/16 via 10.77.0.254',
  bytes: 'bytes in hexadecimal such as 01:ff:3a',
}

export type OptionValue =
  | { readonly ok: true; readonly value: Uint8Array }
  | { readonly ok: false; readonly expected: string }

/** An option's bytes from what a person or a template wrote; lists may be one text with commas. */
export function optionValue(kind: OptionKind, texts: readonly string[]): OptionValue {
  const value = bytesOf(kind, texts)
  const isValid = value !== undefined && value.length > 0
  return isValid ? { ok: true, value } : { ok: false, expected: expectations[kind] }
}

function bytesOf(kind: OptionKind, texts: readonly string[]): Uint8Array | undefined {
  const items = texts.flatMap((text) => text.split(',')).map((item) => item.trim())
  const [only = '', ...others] = texts
  switch (kind) {
    case 'addresses':
      return addresses(items)
    case 'domain-names':
      return domainSearchValue(items)
    case 'routes':
      return classlessRoutesValue(items)
    case 'address':
      return items.length === 1 ? addresses(items) : undefined
    case 'text':
      return others.length === 0 && /^[\x20-\x7e]{1,255}$/.test(only) ? asciiBytes(only) : undefined
    case 'flag':
      return { true: Uint8Array.of(1), false: Uint8Array.of(0) }[only]
    case 'bytes':
      return hexadecimal(texts.join(''))
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'int32':
      break
  }
  return wholeNumber(kind, items)
}

function addresses(items: readonly string[]): Uint8Array | undefined {
  const read = items.map(readIpv4Address)
  const valid = read.filter((address) => address !== undefined)
  return valid.length === read.length && read.length <= 63 ? addressesValue(valid) : undefined
}

function hexadecimal(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/[\s:.-]/g, '').replace(/^0x/i, '')
  return /^(?:[0-9a-f]{2}){1,255}$/i.test(digits) ? fromHex(digits) : undefined
}

const numberRanges = {
  uint8: { least: 0, most: 0xff, sizeBytes: 1 },
  uint16: { least: 0, most: 0xffff, sizeBytes: 2 },
  uint32: { least: 0, most: 0xffff_ffff, sizeBytes: 4 },
  int32: { least: -0x8000_0000, most: 0x7fff_ffff, sizeBytes: 4 },
} as const

function wholeNumber(
  kind: keyof typeof numberRanges,
  items: readonly string[],
): Uint8Array | undefined {
  const { least, most, sizeBytes } = numberRanges[kind]
  const [text = '', ...others] = items
  const number = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (others.length > 0 || !(number >= least && number <= most)) return undefined
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number).subarray(4 - sizeBytes)
}
