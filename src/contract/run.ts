import { z } from 'zod'

import { capturedImageSchema } from './capture.ts'
import { approvedDiskSchema } from './disk-choice/choice-request.ts'
import { diskSchema } from './machine.ts'
import { frozenParamsSchema, paramValuesSchema } from './param.ts'
import { signedReceiptSchema } from './receipt.ts'
import {
  byteCountSchema,
  digestSchema,
  imageReferenceSchema,
  nameSchema,
  timeMsSchema,
} from './values.ts'
import { taskSchema, wipeMethods } from './workflow.ts'

/**
 * `queued` waits for its machine, or for its turn to write · `held` waits for a person · `lost` its agent
 * has been silent for 45 s and may yet come back, until the time of its task is over.
 */
export const runStates = [
  'queued',
  'running',
  'waiting-approval',
  'held',
  'succeeded',
  'failed',
  'cancelled',
  'lost',
] as const
export type RunState = (typeof runStates)[number]

/** States that no event leaves. */
export const finalRunStates: readonly RunState[] = ['succeeded', 'failed', 'cancelled']

export const runTaskStates = [
  'pending',
  'running',
  'waiting-retry',
  'succeeded',
  'failed',
  'skipped',
] as const

/** How one attempt went wrong: a stable code, a sentence, and whether another try may help. */
export const failureSchema = z.object({
  code: z.string().max(64),
  message: z.string().max(2000),
  retryable: z.boolean(),
})
export type Failure = z.infer<typeof failureSchema>

/**
 * What a person can do to a run. `approve` what waits for approval · `hold` it before its next task ·
 * `release` what is held · `retry` what failed, or has ended · `skip` its task · `step` one task, then hold
 * again · `cancel`.
 */
export const interventionVerbs = [
  'approve',
  'hold',
  'release',
  'retry',
  'skip',
  'step',
  'cancel',
] as const

/** What a person did to a run, and why. */
export const interventionSchema = z.object({
  verb: z.enum(interventionVerbs),
  /** `operator:NAME`. */
  by: z.string().max(128),
  atMs: timeMsSchema,
  /** The task that was due. */
  task: nameSchema.optional(),
  note: z.string().max(500).optional(),
})
export type Intervention = z.infer<typeof interventionSchema>
export type InterventionVerb = Intervention['verb']

/** How a disk compares with the image that should be on it, in whole chunks. */
export const imageComparisonSchema = z.object({
  bytesCompared: byteCountSchema,
  bytesDifferent: byteCountSchema,
  chunksDifferent: z.number().int().nonnegative(),
})
export type ImageComparison = z.infer<typeof imageComparisonSchema>

/** What emptied a disk in the end. */
export const eraseWays = [
  'nvme-format',
  'ata-security-erase',
  'discard',
  'zero',
  'signatures',
] as const
export type EraseWay = (typeof eraseWays)[number]

/** One disk that was wiped. */
export const wipedDiskSchema = diskSchema
  .pick({ path: true, serial: true, wwn: true, sizeBytes: true })
  .extend({
    way: z.enum(eraseWays),
    bytesWritten: byteCountSchema,
    /** Read from the disk afterwards, and zero. */
    bytesReadBack: byteCountSchema,
  })
export type WipedDisk = z.infer<typeof wipedDiskSchema>

/** A disk that nothing is done to, and why. */
export const leftDiskSchema = z.object({ disk: diskSchema, reason: z.string().max(500) })

/** What was done to the disks that were wiped, as the agent reports it. */
export const wipeReportSchema = z.object({
  method: z.enum(wipeMethods),
  bytesWritten: byteCountSchema,
  bytesReadBack: byteCountSchema,
  durationMs: z.number().int().nonnegative(),
  disks: z.array(wipedDiskSchema).max(1024).default([]),
})
export type WipeReport = z.infer<typeof wipeReportSchema>

/** One task of a run, flattened out of its stage. */
export const runTaskSchema = z.object({
  stage: nameSchema,
  task: taskSchema,
  /** Runs only where the `onError` of another names it. */
  isRecovery: z.literal(true).optional(),
  state: z.enum(runTaskStates),
  /** Tries begun so far. */
  attempts: z.number().int().nonnegative(),
  /** Fences results: one that carries another id is refused. */
  attemptId: z.uuid().optional(),
  /** Which boot of the machine the attempt was ordered to. */
  bootId: z.uuid().optional(),
  /** Tries that ended because the machine booted anew under them; not counted against `retry`. */
  losses: z.number().int().nonnegative().optional(),
  startedAtMs: timeMsSchema.optional(),
  endedAtMs: timeMsSchema.optional(),
  /** When the attempt under way times out, or the next one may begin (`waiting-retry`). */
  deadlineAtMs: timeMsSchema.optional(),
  failure: failureSchema.optional(),
  /** A person has agreed that it may begin (`needsApproval`). */
  isApproved: z.literal(true).optional(),
  /** How often a script said that it is not done yet (exit code 128). */
  incompletes: z.number().int().nonnegative().optional(),
  /** What the script ended with. */
  exitCode: z.number().int().min(0).max(255).optional(),
})
export type RunTask = z.infer<typeof runTaskSchema>

/** What the person asked for. */
export const runParamsSchema = z.strictObject({
  imageName: imageReferenceSchema.optional(),
  /** What `capture-image` calls the image that it makes; its version is the run's date unless given. */
  captureName: nameSchema.optional(),
  captureVersion: z.string().min(1).max(64).optional(),
  hostname: nameSchema.optional(),
  sshAuthorizedKeys: z.array(z.string().max(8192)).max(64).optional(),
  /** `seeds/NAME`: what the machines of a role are told on their first boot. */
  seed: nameSchema.optional(),
  seedParams: z.record(z.string().max(64), z.string().max(4096)).optional(),
  /** cloud-init user-data, merged under what we set ourselves. */
  userData: z.string().max(65_536).optional(),
  /** Shell script for the `script` tasks that bring none of their own. */
  script: z.string().min(1).max(65_536).optional(),
  /** Params for this run alone, over those of the machine. */
  values: paramValuesSchema.optional(),
})
export type RunParams = z.infer<typeof runParamsSchema>

export const runSchema = z.object({
  id: z.uuid(),
  machineId: z.uuid(),
  machineName: nameSchema,
  workflow: nameSchema,
  params: runParamsSchema,
  /** What each param was when the run was ordered. */
  frozenParams: frozenParamsSchema.optional(),
  state: z.enum(runStates),
  tasks: z.array(runTaskSchema).min(1),
  /** Index of the task under way; `tasks.length` when all are done. */
  taskIndex: z.number().int().nonnegative(),
  /** Fixed when the run begins, so that a newer image of that name does not slip in. */
  imageDigest: digestSchema.optional(),
  /** The disk that a person saw in the plan: another one is refused. */
  approvedDisk: approvedDiskSchema.optional(),
  /** The same of a run that chooses several: these, and all of these. */
  approvedDisks: z.array(approvedDiskSchema).max(1024).optional(),
  /** Until when a disk may still be chosen: an old order does not strike a machine that others use by now. */
  armedUntilMs: timeMsSchema.optional(),
  /** What `select-disk` chose, frozen. */
  disk: diskSchema.optional(),
  /** What `select-disks` chose, frozen; and what it left, with the reason. */
  disks: z.array(diskSchema).max(1024).optional(),
  disksLeft: z.array(leftDiskSchema).max(1024).optional(),
  receipt: signedReceiptSchema.optional(),
  /** What `capture-image` made. */
  capturedImage: capturedImageSchema.optional(),
  failure: failureSchema.optional(),
  /** Why it is held: a breakpoint, a step, a person, a failure, a script, a boot loop. */
  heldBecause: z.string().max(500).optional(),
  /** A breakpoint: the run is held before the first task of this stage. */
  stopAt: nameSchema.optional(),
  /** The run is held before the next try of a task behind that one. */
  holdNext: z
    .object({ because: z.string().max(500), afterTask: z.number().int().min(-1) })
    .optional(),
  /** Since when it waits for its turn to write. */
  queuedAtMs: timeMsSchema.optional(),
  /** How many go before it, and which limit they have reached. Worked out when the run is read, never stored. */
  queue: z
    .object({
      position: z.number().int().positive(),
      limit: z.enum(['daemon', 'rack', 'image']),
    })
    .optional(),
  /** The boot that was told to end: its agent gets no more tasks. */
  endingBootId: z.uuid().optional(),
  /** The machine was switched off by the task before: how long that lasts is nobody's failure. */
  isPoweredOff: z.literal(true).optional(),
  /** A boot of the machine began it, by `onBoot`. */
  begunByBoot: z.literal(true).optional(),
  /** What the last deployment brought onto the disk; where it is the same image, what differs is drift. */
  previousImageDigest: digestSchema.optional(),
  /** What `verify-image` found. */
  comparison: imageComparisonSchema.optional(),
  /** What `wipe-disk` did. */
  wipe: wipeReportSchema.optional(),
  /** The newest of what people did to it. */
  interventions: z.array(interventionSchema).max(100).optional(),
  createdAtMs: timeMsSchema,
  startedAtMs: timeMsSchema.optional(),
  endedAtMs: timeMsSchema.optional(),
  revision: z.number().int().nonnegative(),
})
export type Run = z.infer<typeof runSchema>

/** How far a write is. Sent at most four times a second, never stored. */
export const writeProgressSchema = z.object({
  /** `scan` looks for what is right already, `verify` is the read-back, `commit` the first MiB. */
  phase: z.enum(['scan', 'write', 'verify', 'commit']),
  /** Bytes of the raw image done in this phase. */
  doneBytes: byteCountSchema,
  totalBytes: byteCountSchema,
  /** Compressed bytes received. */
  fetchedBytes: byteCountSchema,
  /** Raw bytes that were read from the disk and are right, over all phases. */
  provenBytes: byteCountSchema.optional(),
  /** Moving average over the last seconds; 0 until known. */
  bytesPerSecond: byteCountSchema,
  /** The same of compressed bytes received, of raw bytes decoded, and of bytes to or from the disk. */
  networkBytesPerSecond: byteCountSchema.optional(),
  decodeBytesPerSecond: byteCountSchema.optional(),
  diskBytesPerSecond: byteCountSchema.optional(),
  /** What the writer was most often found waiting for, or `processor` where it computes. */
  bottleneck: z.enum(['network', 'processor', 'disk']).optional(),
  chunksRefetched: z.number().int().nonnegative(),
})
export type WriteProgress = z.infer<typeof writeProgressSchema>
