import { z } from 'zod'

import { type Digest, readDigest } from '../base/digest.ts'
import { type Ipv4Address, readIpv4Address } from '../base/ipv4-address.ts'
import { type MacAddress, readMacAddress } from '../base/mac-address.ts'

/** Strings that are checked once, at the border, and then carried as branded types. */

export const branded = <T>(read: (text: string) => T | undefined, expected: string) =>
  z.string().transform((text, context): T => {
    const value = read(text)
    if (value !== undefined) return value
    context.issues.push({ code: 'custom', message: `expected ${expected}`, input: text })
    return z.NEVER
  })

export const macAddressSchema = branded<MacAddress>(readMacAddress, 'a MAC address')
export const ipv4AddressSchema = branded<Ipv4Address>(readIpv4Address, 'an IPv4 address')
export const digestSchema = branded<Digest>(readDigest, 'sha256: and 64 hex digits')

/** Names of things in YAML and in URLs: lower-case words joined by `-`, 1 to 63 characters. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/,
    'expected lower-case letters, digits, "-" and "."',
  )

/**
 * How people name an image: `NAME` (its newest version), `NAME@VERSION`, or its digest. A version that
 * was imported more than once stands for the newest of them.
 */
export const imageReferenceSchema = z
  .string()
  .max(128)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?(?:@.{1,64})?|sha256:[0-9a-f]{64})$/,
    'expected NAME, NAME@VERSION or a digest',
  )

/** Milliseconds since 1970. */
export const timeMsSchema = z.number().int().nonnegative()
export const byteCountSchema = z.number().int().nonnegative()
