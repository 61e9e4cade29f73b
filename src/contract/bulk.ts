import { z } from 'zod'

import { machineChangeSchema, newRunSchema } from './api-documents.ts'
import { problemSchema } from './status-documents.ts'
import { machineActionSchemas } from './machine-actions.ts'
import { interventionVerbs } from './run.ts'

/** What is done to each machine. */
const bulkActionSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('run'),
    ...newRunSchema.omit({ machine: true, plan: true, expectContents: true }).shape,
  }),
  z.strictObject({ do: z.literal('change'), ...machineChangeSchema.shape }),
  /** As the verbs of a machine that are called so. */
  z.strictObject({
    do: z.enum(['approve-machine', 'retire-machine', 'reinstate-machine']),
    note: z.string().min(1).max(500).optional(),
  }),
  z.strictObject({
    do: z.literal('classify-machine'),
    ...machineActionSchemas.classify.unwrap().shape,
  }),
  z.strictObject({ do: z.literal('note-machine'), text: z.string().min(1).max(2000) }),
  /** To the run under way of each; to the last one, for `retry`. */
  z.strictObject({ do: z.enum(interventionVerbs), note: z.string().max(500).optional() }),
])
export type BulkAction = z.output<typeof bulkActionSchema>

/** `POST /api/v1/bulk`. */
export const bulkRequestSchema = z.strictObject({
  /** Which machines, as the list filters say it: `state=In(ready,failed)&labels.rack=a1`. */
  selector: z.string().min(1).max(1024),
  action: bulkActionSchema,
  /** How many machines the caller expects: refused when it is another number, with nothing done. */
  expect: z.number().int().nonnegative().optional(),
  /** Only says which machines it would be. */
  dryRun: z.boolean().default(false),
})

export type BulkRequest = z.input<typeof bulkRequestSchema>

/** One entry a machine, in the order of their names; one that is refused holds up no other. */
export const bulkAnswerSchema = z.object({
  items: z.array(
    z.object({
      machineId: z.uuid(),
      machineName: z.string(),
      outcome: z.enum(['done', 'refused', 'selected']),
      runId: z.uuid().optional(),
      problem: problemSchema.optional(),
    }),
  ),
  done: z.number().int(),
  refused: z.number().int(),
})
export type BulkAnswer = z.infer<typeof bulkAnswerSchema>
