import { z } from 'zod'

import { roles } from './access.ts'
import { timeMsSchema } from './values.ts'

/** One change that somebody asked for, or was refused for want of rights. */
export const auditEntrySchema = z.object({
  /** 1, 2, 3 … without gaps. */
  number: z.number().int().positive(),
  timeMs: timeMsSchema,
  principal: z.string(),
  role: z.enum(roles),
  /** Absent on the unix socket. */
  address: z.string().optional(),
  method: z.string(),
  /** Without query. */
  path: z.string(),
  /** Of the answer. */
  status: z.number().int(),
  /** What was asked for, as far as it names things: never params, notes or secrets. */
  asked: z.record(z.string(), z.string()),
  /** sha256 of the hash before and this entry, hex. */
  hash: z.string(),
})
export type AuditEntry = z.infer<typeof auditEntrySchema>

export const auditListSchema = z.object({ items: z.array(auditEntrySchema) })

export const auditVerdictSchema = z.object({
  entries: z.number().int(),
  isWhole: z.boolean(),
  /** The first entry that does not follow from those before it. */
  brokenAt: z.number().int().optional(),
  /** Of the newest entry: kept elsewhere, it proves later that none before it was changed. */
  hash: z.string(),
})
export type AuditVerdict = z.infer<typeof auditVerdictSchema>
