import { z } from 'zod'

import { bootDecisionSchema } from './api-documents.ts'
import { bootEnvSchema } from './bootenv.ts'
import { nameSchema } from './values.ts'
import { workflowSchema } from './workflow.ts'

const page = { total: z.number().int().optional(), next: z.string().optional() }

/** `GET /api/v1/workflows`: those in force, with every value that they leave to us. */
export const workflowListSchema = z.object({ items: z.array(workflowSchema), ...page })

/** `GET /api/v1/bootenvs`: what a machine can boot. */
export const bootEnvListSchema = z.object({ items: z.array(bootEnvSchema) })

/** `GET /api/v1/machines/MACHINE/bootenv`: what it would boot now, with its params filled in. */
export const renderedBootEnvSchema = bootDecisionSchema.extend({
  /** Absent where the machine is held: it then boots nothing. */
  bootEnv: nameSchema.optional(),
  /** What the site adds to the command line of the kernel; the daemon adds its own address and a word for once. */
  kernelArguments: z.array(z.string()),
  /** Arguments that could not be filled in, each with the reason. */
  leftOut: z.array(z.string()),
})
