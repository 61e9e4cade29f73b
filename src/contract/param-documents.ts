import { z } from 'zod'

import { effectiveParamSchema, paramSchema, profileSchema } from './param.ts'
import { nameSchema } from './values.ts'

/** `GET /api/v1/params`. */
export const paramListSchema = z.object({ items: z.array(paramSchema) })

export const profileFactsSchema = profileSchema.extend({
  /** Names of the machines that have it, as far as the asker may see them. */
  machines: z.array(nameSchema),
})
export type ProfileFacts = z.infer<typeof profileFactsSchema>
/** `GET /api/v1/profiles`. */
export const profileListSchema = z.object({
  items: z.array(profileFactsSchema),
  total: z.number().int().optional(),
  next: z.string().optional(),
})

/** Whose stages have a say, and which of them. */
export const paramQuerySchema = z.strictObject({
  workflow: nameSchema.optional(),
  stage: nameSchema.optional(),
})

/** `GET /api/v1/machines/MACHINE/params`. */
export const machineParamsSchema = z.object({
  machineName: nameSchema,
  profiles: z.array(nameSchema),
  items: z.array(effectiveParamSchema),
  /** What of the machine's own does not fit: no run of it begins until it does. */
  faults: z.array(z.string()),
})
