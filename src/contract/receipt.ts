import { z } from 'zod'

import { byteCountSchema, digestSchema, nameSchema, timeMsSchema } from './values.ts'

/** The proof of one write, made by the agent after the read-back and the first MiB. */
export const receiptSchema = z.strictObject({
  format: z.literal('repave-receipt/1'),
  machineId: z.uuid(),
  runId: z.uuid(),
  attemptId: z.uuid(),
  imageName: nameSchema,
  /** Identity of the image: digest of its canonical manifest. */
  imageDigest: digestSchema,
  /** Digest of the raw image as the manifest states it; every chunk of it was read back. */
  rawDigest: digestSchema,
  rawBytes: z.number().int().positive(),
  disk: z.strictObject({
    path: z.string(),
    serial: z.string().optional(),
    wwn: z.string().optional(),
    model: z.string().optional(),
    sizeBytes: byteCountSchema,
  }),
  bytesWritten: byteCountSchema,
  bytesReadBack: byteCountSchema,
  bytesFetched: byteCountSchema,
  chunksRefetched: z.number().int().nonnegative(),
  startedAtMs: timeMsSchema,
  /** Seconds with three decimals would be no integer: durations are whole milliseconds. */
  writeMs: z.number().int().nonnegative(),
  readBackMs: z.number().int().nonnegative(),
  agentVersion: z.string(),
})
export type Receipt = z.infer<typeof receiptSchema>

/** A receipt as it travels: its exact bytes, signed with the key the agent made for this boot. */
export const signedReceiptSchema = z.strictObject({
  /** Canonical JSON of a {@link receiptSchema}. */
  receipt: z.string(),
  digest: digestSchema,
  /** ed25519 over the UTF-8 bytes of `receipt`, base64. */
  signature: z.base64(),
  /** The agent's raw ed25519 public key, base64. */
  publicKey: z.base64(),
})
export type SignedReceipt = z.infer<typeof signedReceiptSchema>
