import { z } from 'zod'

import { capturedImageSchema } from './capture.ts'
import { approvedDiskSchema } from './disk-choice/choice-request.ts'
import { diskSchema } from './machine.ts'
import { signedReceiptSchema } from './receipt.ts'
import {
  byteCountSchema,
  digestSchema,
  imageReferenceSchema,
  nameSchema,
  timeMsSchema,
} from './values.ts'
import { taskSchema } from './workflow.ts'

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
export const finalRunStates: readonly RunState[] = ['succeeded', 'failed', 'cancelled', 'lost']

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

/** One task of a run, flattened out of its stage. */
export const runTaskSchema = z.object({
  stage: nameSchema,
  task: taskSchema,
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
})
export type RunParams = z.infer<typeof runParamsSchema>

export const runSchema = z.object({
  id: z.uuid(),
  machineId: z.uuid(),
  machineName: nameSchema,
  workflow: nameSchema,
  params: runParamsSchema,
  state: z.enum(runStates),
  tasks: z.array(runTaskSchema).min(1),
  /** Index of the task under way; `tasks.length` when all are done. */
  taskIndex: z.number().int().nonnegative(),
  /** Fixed when the run begins, so that a newer image of that name does not slip in. */
  imageDigest: digestSchema.optional(),
  /** The disk that a person saw in the plan: another one is refused. */
  approvedDisk: approvedDiskSchema.optional(),
  /** Until when a disk may still be chosen: an old order does not strike a machine that others use by now. */
  armedUntilMs: timeMsSchema.optional(),
  /** What `select-disk` chose, frozen. */
  disk: diskSchema.optional(),
  receipt: signedReceiptSchema.optional(),
  /** What `capture-image` made. */
  capturedImage: capturedImageSchema.optional(),
  failure: failureSchema.optional(),
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
