import { z } from 'zod'

import { ipv4AddressSchema, macAddressSchema, nameSchema, timeMsSchema } from './values.ts'

/** An address that somebody has, was offered, or that is lent to nobody because somebody else uses it. */
export const leaseSchema = z.object({
  address: ipv4AddressSchema,
  macAddress: macAddressSchema,
  state: z.enum(['bound', 'offered', 'declined']),
  subnet: nameSchema,
  expiresAtMs: timeMsSchema,
})
export type LeaseFacts = z.infer<typeof leaseSchema>
export const leaseListSchema = z.object({ items: z.array(leaseSchema) })

const countSchema = z.number().int().nonnegative()

/** A network that addresses are given in, as it is served now. */
export const servedSubnetSchema = z.object({
  name: nameSchema,
  network: z.string(),
  interface: z.string().optional(),
  relays: z.array(ipv4AddressSchema),
  /** `10.77.0.128-10.77.0.254`, without what is excluded. */
  pools: z.array(z.string()),
  leaseSeconds: countSchema,
  reservedLeaseSeconds: countSchema,
  reservations: countSchema,
  profiles: z.array(nameSchema),
  usage: z.object({
    bound: countSchema,
    offered: countSchema,
    declined: countSchema,
    available: countSchema,
  }),
})
export type ServedSubnetFacts = z.infer<typeof servedSubnetSchema>

/** `role`: whether we give addresses there or add boot files to those of another server. */
export const dhcpInterfaceSchema = z.object({
  interface: z.string(),
  role: z.enum(['server', 'proxy']),
})

export const foreignServerSchema = z.object({
  interface: z.string(),
  address: ipv4AddressSchema,
  macAddress: macAddressSchema.optional(),
  lastHeardAtMs: timeMsSchema,
})
export type ForeignServerFacts = z.infer<typeof foreignServerSchema>

export const subnetListSchema = z.object({
  items: z.array(servedSubnetSchema),
  /** Empty while DHCP is off. */
  interfaces: z.array(dhcpInterfaceSchema),
  /** Other DHCP servers that were heard since the start. */
  foreignServers: z.array(foreignServerSchema),
})
export type SubnetList = z.infer<typeof subnetListSchema>
