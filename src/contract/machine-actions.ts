import { z } from 'zod'

import { byteCountSchema, digestSchema, nameSchema, timeMsSchema } from './values.ts'
import { failureSchema, runStates } from './run.ts'

const noted = { note: z.string().min(1).max(500).optional() }

/** Bodies of `POST /api/v1/machines/MACHINE/VERB`. */
export const machineActionSchemas = {
  /** A newcomer may be used; what a rule has ordered for it begins. */
  approve: z.strictObject(noted).default({}),
  /** The rules decide about it once more; with `run` the workflow that they order begins, too. */
  classify: z.strictObject({ run: z.boolean().default(false), ...noted }).prefault({}),
  /** It is the machine on record: that of `into`, or its own record where something contradicts it. */
  merge: z.strictObject({ into: z.string().min(1).max(64).optional(), ...noted }).default({}),
  /** It is a machine of its own. */
  split: z.strictObject(noted).default({}),
  /** Out of use: boots its disk, is never written, lists leave it out. */
  retire: z.strictObject(noted).default({}),
  reinstate: z.strictObject(noted).default({}),
  notes: z.strictObject({ text: z.string().min(1).max(2000) }),
} as const
export const machineVerbs = [
  'approve',
  'classify',
  'merge',
  'split',
  'retire',
  'reinstate',
  'notes',
] as const
export type MachineVerb = (typeof machineVerbs)[number]

/** One of them, with what was said. */
export interface MachineAction {
  readonly verb: MachineVerb
  readonly note?: string | undefined
  readonly into?: string | undefined
  readonly run?: boolean | undefined
  readonly text?: string | undefined
}

/** One run of a machine, in short. */
export const historyEntrySchema = z.object({
  runId: z.uuid(),
  workflow: nameSchema,
  state: z.enum(runStates),
  imageName: z.string().optional(),
  imageDigest: digestSchema.optional(),
  diskSerial: z.string().optional(),
  createdAtMs: timeMsSchema,
  startedAtMs: timeMsSchema.optional(),
  endedAtMs: timeMsSchema.optional(),
  /** From its first task to its end; until now, of one under way. */
  durationMs: z.number().int().nonnegative().optional(),
  /** Of the signed receipt: `repave receipt` shows and verifies it. */
  receiptDigest: digestSchema.optional(),
  bytesWritten: byteCountSchema.optional(),
  failure: failureSchema.optional(),
})
export type HistoryEntry = z.infer<typeof historyEntrySchema>

/** `GET /api/v1/machines/MACHINE/history`: newest first. */
export const machineHistorySchema = z.object({ items: z.array(historyEntrySchema) })
