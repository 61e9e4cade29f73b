import { z } from 'zod'

import { byteCountSchema } from './values.ts'

const hexSchema = z.string().regex(/^(?:[0-9a-f]{2}){1,256}$/, 'expected lower-case hex digits')

/**
 * How a machine proves its read-only root while it runs (dm-verity, version 1, blocks of 4096 bytes):
 * whoever trusts the root hash trusts every block that the kernel hands out.
 */
export const imageVeritySchema = z.strictObject({
  algorithm: z.literal('sha256'),
  rootHash: hexSchema.length(64),
  salt: hexSchema,
  /** Place in the raw image, and what is proven there. */
  dataOffsetBytes: byteCountSchema,
  dataBytes: byteCountSchema,
  /** Superblock and tree: place in the raw image. */
  treeOffsetBytes: byteCountSchema,
})
export type ImageVerity = z.infer<typeof imageVeritySchema>
