import { z } from 'zod'

import { nameSchema } from './values.ts'

/** `bootenvs/NAME/bootenv.yaml`: something a machine can boot. */
export const bootEnvSchema = z.discriminatedUnion('kind', [
  /** The in-RAM Linux. */
  z.strictObject({
    name: nameSchema,
    kind: z.literal('sledgehammer'),
    description: z.string().optional(),
    /** Behind those that the daemon sets itself. `{{ params.NAME }}` stands for a param of the machine. */
    kernelArguments: z
      .array(
        z
          .string()
          .max(512)
          .regex(
            /^(?:[\w.,:=/@+-]|\{\{ *params\.[a-z][a-z0-9-]* *\}\})+$/,
            'expected one kernel argument without spaces, as console={{ params.console }}',
          ),
      )
      .max(64)
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
