import { z } from 'zod'

import { type Ipv4Address, ipv4ToNumber, readIpv4Address } from '../base/ipv4-address.ts'
import { bootProgramsSchema } from './boot-programs.ts'
import { branded, ipv4AddressSchema, macAddressSchema, nameSchema } from './values.ts'

interface AddressRange {
  readonly first: Ipv4Address
  readonly last: Ipv4Address
}

function readRange(text: string): AddressRange | undefined {
  const [first, last, ...others] = text.split('-').map((part) => readIpv4Address(part.trim()))
  if (first === undefined || others.length > 0) return undefined
  if (!text.includes('-')) return { first, last: first }
  return last !== undefined && ipv4ToNumber(first) <= ipv4ToNumber(last)
    ? { first, last }
    : undefined
}

function readNetwork(text: string) {
  const [, base = '', prefix = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? []
  const address = readIpv4Address(base)
  const prefixLength = Number(prefix)
  if (address === undefined || prefixLength < 8 || prefixLength > 30) return undefined
  return ipv4ToNumber(address) % 2 ** (32 - prefixLength) === 0
    ? { address, prefixLength }
    : undefined
}

const rangeSchema = branded(readRange, 'an address, or two with a hyphen, the lower first')
const networkSchema = branded(
  readNetwork,
  'a network such as 10.77.0.0/24 (8 to 30, no bit behind the prefix set)',
)
const leaseSecondsSchema = z.number().int().min(60).max(31_536_000)
const patternSchema = z.string().min(1).max(255)
const interfaceNameSchema = z.string().min(1).max(15)

/** Lower-case hexadecimal, however it is grouped. */
const hexadecimalSchema = branded((text) => {
  const digits = text.toLowerCase().replaceAll(/[\s:.-]/g, '')
  return /^(?:[0-9a-f]{2}){1,255}$/.test(digits) ? digits : undefined
}, 'bytes in hexadecimal such as 01:52:54:00:aa:bb:01')

const optionScalarSchema = z.union([z.string(), z.number(), z.boolean()])

/** DHCP options by name or number; text may be a template: `node-{{ macDigits }}`. */
const optionsSchema = z
  .record(
    z.string(),
    z.union(
      [optionScalarSchema, z.array(optionScalarSchema).min(1)],
      'expected text, a number, true or false, or a list of these',
    ),
  )
  .default({})

/** What a client must say of itself; all that is given must hold, `*` stands for any text. */
const profileTestsSchema = z
  .strictObject({
    /** IANA's processor architecture numbers, option 93: one of them. */
    architectures: z.array(z.number().int().min(0).max(65_535)).min(1),
    macAddress: patternSchema,
    vendorClass: patternSchema,
    userClass: patternSchema,
    remoteId: patternSchema,
    circuitId: patternSchema,
  })
  .partial()
  .refine((tests) => Object.keys(tests).length > 0, 'nothing to test: it would hold for everybody')

const profileSchema = z.strictObject({
  name: nameSchema,
  when: profileTestsSchema,
  leaseSeconds: leaseSecondsSchema.optional(),
  options: optionsSchema,
})

/** One machine, by the first of these that is given. */
const reservationSchema = z
  .strictObject({
    macAddress: macAddressSchema.optional(),
    clientId: hexadecimalSchema.optional(),
    systemUuid: z
      .string()
      .toLowerCase()
      .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'expected a UUID')
      .optional(),
    /** The switch port, as the relay names it in option 82: text, or bytes as `0x0004…`. */
    port: z
      .strictObject({
        remoteId: z.string().max(255).default(''),
        circuitId: z.string().min(1).max(255),
      })
      .optional(),
    address: ipv4AddressSchema.optional(),
    options: optionsSchema,
  })
  .refine(
    ({ macAddress, clientId, systemUuid, port }) =>
      [macAddress, clientId, systemUuid, port].filter((key) => key !== undefined).length === 1,
    'expected exactly one of macAddress, clientId, systemUuid and port',
  )

/** `subnets/NAME/subnet.yaml`: a network whose machines get addresses. */
export const subnetSchema = z.strictObject({
  name: nameSchema,
  description: z.string().optional(),
  network: networkSchema,
  /** Clients that this interface hears without a relay; by default the interface inside the network. */
  interface: interfaceNameSchema.optional(),
  /** Relays outside the network that speak for it. */
  relays: z.array(ipv4AddressSchema).max(64).default([]),
  pools: z.array(rangeSchema).max(64).default([]),
  /** Inside the pools and yet never lent. */
  exclude: z.array(rangeSchema).max(4096).default([]),
  leaseSeconds: leaseSecondsSchema.default(3600),
  /** For machines with a reserved address. */
  reservedLeaseSeconds: leaseSecondsSchema.default(86_400),
  router: ipv4AddressSchema.optional(),
  dnsServers: z.array(ipv4AddressSchema).max(8).default([]),
  domainName: z
    .string()
    .regex(/^[a-z0-9.-]{1,253}$/i, 'expected a domain name')
    .optional(),
  options: optionsSchema,
  bootPrograms: bootProgramsSchema.optional(),
  profiles: z.array(profileSchema).max(256).default([]),
  reservations: z.array(reservationSchema).max(65_536).default([]),
})
export type SubnetDocument = z.infer<typeof subnetSchema>
