import { z } from 'zod'

import { diskSchema } from './machine.ts'
import { effectiveParamSchema } from './param.ts'
import { failureSchema } from './run.ts'
import { digestSchema, nameSchema } from './values.ts'

/** `POST /api/v1/plans`: what a run would do. Nothing is done, and nothing is kept. */
export const runPlanSchema = z.object({
  machineName: nameSchema,
  workflow: nameSchema,
  imageName: z.string().optional(),
  imageDigest: digestSchema.optional(),
  tasks: z.array(z.object({ stage: nameSchema, name: nameSchema, action: z.string() })),
  /** What each param would be; several times where stages differ. */
  params: z.array(effectiveParamSchema),
  /** Every disk of the last inventory; without a refusal it is one that may be written. */
  disks: z.array(z.object({ disk: diskSchema, refusal: z.string().optional() })),
  /** The one disk that would be written. Absent where there is not exactly one. */
  disk: diskSchema.optional(),
  /** Every disk that would be emptied, where the run chooses several. */
  wiped: z.array(diskSchema).optional(),
  /** Why the run would choose no disk. */
  problem: failureSchema.optional(),
  /** Of everything above that matters: a run that names it is refused when the plan has changed. */
  digest: digestSchema,
})
export type RunPlan = z.infer<typeof runPlanSchema>
