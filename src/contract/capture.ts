import { z } from 'zod'

import { digestSchema } from './values.ts'

/**
 * How an agent hands a captured disk to its daemon, on the provisioning listener. `KEY` is known to
 * the agent of this very run alone.
 *
 *   GET  /captures/KEY                → what is there already, {@link captureStateSchema}
 *   PUT  /captures/KEY/chunks/INDEX   one zstd frame of the chunk's raw bytes → 204
 *   POST /captures/KEY/finish         {@link captureFinishSchema} → {@link capturedImageSchema}
 */
export const captureStateSchema = z.object({
  /** Chunks that are stored, by index; one that differs from what the disk holds now is sent again. */
  stored: z.array(z.object({ index: z.number().int().nonnegative(), rawDigest: digestSchema })),
})
export type CaptureState = z.infer<typeof captureStateSchema>

/** The whole of the image: the sha256 of each chunk's raw bytes in disk order, `null` where all are zero. */
export const captureFinishSchema = z.strictObject({
  rawBytes: z.number().int().positive(),
  sectorBytes: z.union([z.literal(512), z.literal(4096)]),
  chunkDigests: z.array(digestSchema.nullable()).min(1).max(1_048_576),
})
export type CaptureFinish = z.infer<typeof captureFinishSchema>

export const capturedImageSchema = z.object({
  name: z.string(),
  version: z.string(),
  digest: digestSchema,
})
export type CapturedImage = z.infer<typeof capturedImageSchema>

/** Raw bytes of one captured chunk; the last one is shorter. */
export const captureChunkBytes = 4 * 1024 * 1024

/** Names the attempt that sends; one that is over is refused. */
export const captureAttemptHeader = 'x-repave-attempt'
