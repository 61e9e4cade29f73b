import { z } from 'zod'

import { nameSchema } from './values.ts'

/** `bootenvs/NAME/bootenv.yaml`: something a machine can boot. */
export const bootEnvSchema = z.discriminatedUnion('kind', [
  /** The in-RAM Linux. `kernelArguments` are added behind those the daemon sets itself. */
  z.strictObject({
    name: nameSchema,
    kind: z.literal('sledgehammer'),
    description: z.string().optional(),
    kernelArguments: z
      .array(z.string().regex(/^[\w.,:=/@+-]+$/, 'expected one kernel argument without spaces'))
      .default([]),
  }),
  /** The machine's own disk. */
  z.strictObject({
    name: nameSchema,
    kind: z.literal('local-disk'),
    description: z.string().optional(),
  }),
])
export type BootEnv = z.infer<typeof bootEnvSchema>
