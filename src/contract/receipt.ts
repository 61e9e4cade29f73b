import { z } from 'zod'

import { byteCountSchema, digestSchema, nameSchema, timeMsSchema } from './values.ts'

/** The volume that was added behind the proven image and read back: what the system learns on its first boot. */
export const seedReceiptSchema = z.strictObject({
  label: z.enum(['CIDATA', 'CONFIG-2']),
  /** Place on the disk. */
  offsetBytes: byteCountSchema,
  sizeBytes: byteCountSchema,
  /** Of the whole volume. It holds the run's own secret word, so its secrets cannot be guessed from it. */
  digest: digestSchema,
  /** Paths on the volume. */
  files: z.array(z.string()).max(256),
})
export type SeedReceipt = z.infer<typeof seedReceiptSchema>

/** The proof of one write, made by its writer after the read-back and the first MiB. */
export const receiptSchema = z.strictObject({
  format: z.literal('repave-receipt/1'),
  /** Absent, all three, where a person wrote the disk without a daemon. */
  machineId: z.uuid().optional(),
  runId: z.uuid().optional(),
  attemptId: z.uuid().optional(),
  imageName: nameSchema,
  /** Identity of the image: digest of its canonical manifest. */
  imageDigest: digestSchema,
  /** Digest of the raw image as the manifest states it; see `readBack` for how far that is proven. */
  rawDigest: digestSchema,
  rawBytes: z.number().int().positive(),
  disk: z.strictObject({
    path: z.string(),
    serial: z.string().optional(),
    wwn: z.string().optional(),
    model: z.string().optional(),
    sizeBytes: byteCountSchema,
  }),
  /** `delta` left what was right already. Default `full`. */
  mode: z.enum(['delta', 'full']).optional(),
  /** `waived` by policy: every byte was right before it was written, and no more is known. Default `complete`. */
  readBack: z.enum(['complete', 'waived']).optional(),
  /** The chunks that differed: with `bytesEqual` this is `rawBytes`. */
  bytesWritten: byteCountSchema,
  /** The chunks that were right before anything was written. Default 0. */
  bytesEqual: byteCountSchema.optional(),
  /** Read from the disk and found right. */
  bytesReadBack: byteCountSchema,
  bytesFetched: byteCountSchema,
  chunksRefetched: z.number().int().nonnegative(),
  /** How often a range was asked for again because a connection broke. Default 0. */
  reconnects: z.number().int().nonnegative().optional(),
  startedAtMs: timeMsSchema,
  /** Seconds with three decimals would be no integer: durations are whole milliseconds. */
  scanMs: z.number().int().nonnegative().optional(),
  writeMs: z.number().int().nonnegative(),
  readBackMs: z.number().int().nonnegative(),
  agentVersion: z.string(),
  /** Added by whoever wrote the seed, who signs the whole again. */
  seed: seedReceiptSchema.optional(),
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
