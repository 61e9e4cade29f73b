import { z } from 'zod'

import { contentFaultSchema } from './content-documents.ts'
import { timeMsSchema } from './values.ts'

export const serverStatusSchema = z.object({
  name: z.string(),
  endpoint: z.string(),
  counters: z.record(z.string(), z.number()),
})
/** `GET /api/v1/status`. */
export const statusSchema = z.object({
  version: z.string(),
  startedAtMs: timeMsSchema,
  interface: z.string(),
  provisioningUrl: z.string(),
  servers: z.array(serverStatusSchema),
  machines: z.number().int(),
  images: z.number().int(),
})
export type Status = z.infer<typeof statusSchema>

/** RFC 9457 problem details. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  remedy: z.string().optional(),
  /** Of content that was refused. */
  faults: z.array(contentFaultSchema).optional(),
})
export type Problem = z.infer<typeof problemSchema>
