import { z } from 'zod'

import { bootProgramsSchema } from './boot-programs.ts'
import { eventSchema } from './event.ts'
import { imageVeritySchema } from './image-verity.ts'
import { importProvenanceSchema } from './import-provenance.ts'
import { labelsSchema, machineSchema, onBootSchema, profileNamesSchema } from './machine.ts'
import { paramNameSchema, paramValueSchema, paramValuesSchema } from './param.ts'
import { runParamsSchema, runSchema } from './run.ts'
import { byteCountSchema, digestSchema, nameSchema, timeMsSchema } from './values.ts'

/** Bodies of the REST interface under `/api/v1`. Lists are `{ items, seq }`. */

const pageShape = {
  /** Of all that fit, where the answer is one page of them. */
  total: z.number().int().optional(),
  /** `after` of the next page; absent on the last. */
  next: z.string().optional(),
}

export const machineListSchema = z.object({
  items: z.array(machineSchema),
  seq: z.number().int(),
  ...pageShape,
})
export type MachineList = z.infer<typeof machineListSchema>
export const runListSchema = z.object({
  items: z.array(runSchema),
  seq: z.number().int(),
  ...pageShape,
})
export type RunList = z.infer<typeof runListSchema>

/** `GET /api/v1/events?since=&limit=&machine=&topic=`; `seq` is that of the newest event there is. */
export const eventListSchema = z.object({
  items: z.array(eventSchema),
  seq: z.number().int(),
  /** `since` of the next page. */
  next: z.number().int().optional(),
})

/** `POST /api/v1/runs`. `machine` is an id, a name or a MAC address. */
export const newRunSchema = z.strictObject({
  machine: z.string().min(1).max(64),
  workflow: nameSchema,
  params: runParamsSchema.default({}),
  /** The plan that a person agreed to: refused when it would be another one by now. */
  plan: digestSchema.optional(),
  /** Whether the first MiB of the disk, too, must be what the plan showed. */
  expectContents: z.boolean().optional(),
  /** A breakpoint: the run is held before the first task of this stage. */
  stopAt: nameSchema.optional(),
})
export type NewRun = z.input<typeof newRunSchema>

/** `POST /api/v1/runs/ID/VERB`, for every verb of a run. */
export const interventionRequestSchema = z
  .strictObject({ note: z.string().max(500).optional() })
  .default({})

/** `POST /api/v1/machines`: made known before it first boots. */
export const newMachineSchema = z.strictObject({
  name: nameSchema,
  macAddress: z.string(),
  /** Runs this workflow as soon as the machine boots. */
  workflow: nameSchema.optional(),
  params: runParamsSchema.default({}),
  /** Default `local`. */
  onBoot: onBootSchema.optional(),
  labels: labelsSchema.optional(),
  /** Of the machine itself; `params` are those of its first run. */
  machineParams: paramValuesSchema.optional(),
  profiles: profileNamesSchema.optional(),
  bootPrograms: bootProgramsSchema.optional(),
})
export type NewMachine = z.input<typeof newMachineSchema>

const diskNamesSchema = z.array(z.string().min(1).max(256)).max(256)

/** `PATCH /api/v1/machines/MACHINE`: what is absent stays. */
export const machineChangeSchema = z.strictObject({
  onBoot: onBootSchema.optional(),
  /** By name; `null` takes a label away. */
  labels: z.record(nameSchema, z.string().min(1).max(128).nullable()).optional(),
  /** By name; `null` takes a value away. */
  params: z.record(paramNameSchema, z.union([z.null(), paramValueSchema])).optional(),
  /** In place of those it has. */
  profiles: profileNamesSchema.optional(),
  /** Serials or WWNs of disks that no workflow may write or wipe here from now on. */
  protect: diskNamesSchema.optional(),
  /** The same of disks that may be lost again. */
  unprotect: diskNamesSchema.optional(),
})
export type MachineChange = z.input<typeof machineChangeSchema>

/** `GET /api/v1/machines/MACHINE/boot-decision`: what it would boot now, and why. Nothing is changed. */
export const bootDecisionSchema = z.object({
  machineName: nameSchema,
  target: z.enum(['sledgehammer', 'local-disk', 'hold']),
  because: z.string(),
  /** The workflow that this boot would begin. */
  workflow: nameSchema.optional(),
  /** Boots of the last ten minutes without progress, this one included; more than five are held. */
  recentBoots: z.number().int().positive(),
})
export type BootDecisionAnswer = z.infer<typeof bootDecisionSchema>

export const imageSchema = z.object({
  name: nameSchema,
  version: z.string(),
  digest: digestSchema,
  rawDigest: digestSchema,
  rawBytes: byteCountSchema,
  packBytes: byteCountSchema,
  chunks: z.number().int(),
  zeroChunks: z.number().int(),
  importedAtMs: timeMsSchema,
  /** `quarantined`: stored bytes of it are damaged; it is neither served nor deployed. */
  state: z.enum(['ready', 'quarantined']),
  /** What is damaged, of a quarantined image. */
  quarantineReason: z.string().optional(),
  /** `unsigned`: it came from another daemon, and nobody whom this one trusts has signed it. */
  signature: z.enum(['signed', 'unsigned']),
  /** Who imported it, as events name people. */
  importedBy: z.string().optional(),
  provenance: importProvenanceSchema.optional(),
  /** Of an image whose root is read-only. */
  verity: imageVeritySchema.optional(),
})
export type Image = z.infer<typeof imageSchema>
export const imageListSchema = z.object({ items: z.array(imageSchema), ...pageShape })
