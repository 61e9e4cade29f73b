import { z } from 'zod'

import { byteCountSchema, digestSchema } from '../values.ts'
import { diskRuleSchema } from '../workflow.ts'

/** The disk that a person saw in a plan and agreed to lose. */
export const approvedDiskSchema = z.object({
  serial: z.string().max(256).optional(),
  wwn: z.string().max(256).optional(),
  physicalPath: z.string().max(256).optional(),
  sizeBytes: byteCountSchema,
  /** Set when its content, too, must be what the plan showed. */
  fingerprint: digestSchema.optional(),
})
export type ApprovedDisk = z.infer<typeof approvedDiskSchema>

/** Everything that the choice of a disk rests on, besides the disks. */
export const diskChoiceRequestSchema = z.object({
  rule: diskRuleSchema,
  dataDisks: z.array(diskRuleSchema).default([]),
  overwrite: z.array(z.string()).default([]),
  /** Serials and WWNs of disks that this machine keeps whatever a rule says. */
  protectedDisks: z.array(z.string()).default([]),
  minimumBytes: z.number().int().nonnegative(),
  /** Of `select-disk` one. */
  approved: z.array(approvedDiskSchema).max(1024).optional(),
  /** Whether all that fit are meant, and not the one that does. */
  takesAll: z.literal(true).optional(),
})
export type DiskChoiceRequest = z.infer<typeof diskChoiceRequestSchema>
