import { z } from 'zod'

import { macAddressSchema, nameSchema, timeMsSchema } from './values.ts'

/** What a person says about a machine, and when. */
const saidSchema = z.object({
  /** `operator:NAME`; `daemon` where a rule said so. */
  by: z.string().max(128),
  atMs: timeMsSchema,
  note: z.string().max(500).optional(),
})

/** What tells one machine from another, as its agent shows it: hostile until shown inert. */
export const identityClaimSchema = z.object({
  macAddresses: z.array(macAddressSchema).max(256),
  /** SMBIOS type 1. */
  serialNumber: z.string().max(256).optional(),
  uuid: z.string().max(64).optional(),
  manufacturer: z.string().max(256).optional(),
  productName: z.string().max(256).optional(),
})
export type IdentityClaim = z.infer<typeof identityClaimSchema>

/**
 * Why nobody can say which machine this is. Until a person does, it boots its disk and is never written.
 *
 * `resembles`: it is new and looks like machines on record · `contradicts`: something came by its address
 * that does not look like it; the record keeps what it knew.
 */
export const identityConflictSchema = z.object({
  kind: z.enum(['resembles', 'contradicts']),
  because: z.string().max(1000),
  /** What came. */
  claim: identityClaimSchema,
  /** The machines on record that it looks like. */
  others: z
    .array(
      z.object({
        machineId: z.uuid(),
        machineName: nameSchema,
        because: z.string().max(300),
      }),
    )
    .max(16),
  atMs: timeMsSchema,
})
export type IdentityConflict = z.infer<typeof identityConflictSchema>

/** Whether a newcomer may be put to use: nothing runs on it before a person says so. */
export const machineApprovalSchema = z.object({
  state: z.enum(['pending', 'approved']),
  /** Who wants it: the setting `newMachines`, or a rule. */
  because: z.string().max(300),
  sinceMs: timeMsSchema,
  /** What is run as soon as it is approved. */
  order: z
    .object({ workflow: nameSchema, params: z.record(z.string().max(64), z.unknown()) })
    .optional(),
  /** Who approved it. */
  approved: saidSchema.optional(),
})

/** Out of use: it boots its disk, is never written, and lists leave it out. */
export const retirementSchema = saidSchema

export const machineNoteSchema = z.object({
  by: z.string().max(128),
  atMs: timeMsSchema,
  text: z.string().min(1).max(2000),
})

/** Newest notes that a machine keeps. */
export const mostNotes = 100

/** Where it was when it last booted from the network. */
export const networkPlaceSchema = z.object({
  subnet: z.string().max(63).optional(),
  /** Option 82 of the relay: the switch, and its port. */
  remoteId: z.string().max(255).optional(),
  circuitId: z.string().max(255).optional(),
})
export type NetworkPlace = z.infer<typeof networkPlaceSchema>

/** What the rules made of a machine when they last decided about it. */
export const classificationSchema = z.object({
  atMs: timeMsSchema,
  /** The rules that fitted, in their order; none where nothing did. */
  rules: z.array(z.object({ rule: nameSchema, because: z.string().max(1000) })).max(64),
  /** What they ordered for it. Whether that has begun is told by its runs. */
  workflow: nameSchema.optional(),
  /** What a rule wanted and could not have: a name that is taken, a workflow that cannot run. */
  problems: z.array(z.string().max(500)).max(64).optional(),
})

/** What a machine's record says beyond its hardware and its runs. */
export const standingShape = {
  /** `network`: it booted and nobody had named it before. */
  foundBy: z.enum(['network', 'operator']).optional(),
  place: networkPlaceSchema.optional(),
  conflict: identityConflictSchema.optional(),
  approval: machineApprovalSchema.optional(),
  classification: classificationSchema.optional(),
  notes: z.array(machineNoteSchema).max(mostNotes).optional(),
  retirement: retirementSchema.optional(),
}
