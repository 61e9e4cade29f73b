import { z } from 'zod'

import { cpuArchs } from '../base/cpu-arch.ts'
import { imageVeritySchema } from './image-verity.ts'
import { byteCountSchema, digestSchema, nameSchema } from './values.ts'

/** 1 TiB of 4 MiB chunks; the manifest of more would not fit into the memory of a small machine. */
const mostChunks = 262_144

/**
 * One fixed-size piece of the raw image. Every chunk covers `chunkBytes` of the raw image, the last
 * one what is left. `zero`: all bytes zero, nothing stored. `raw`: stored as it is. `zstd`: stored as
 * one zstd frame with its own checksum.
 */
export const manifestChunkSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('zero') }),
  z.strictObject({
    kind: z.enum(['raw', 'zstd']),
    /** Place in the pack. Chunks lie there in disk order. */
    packOffset: byteCountSchema,
    storedBytes: z.number().int().positive(),
    /** Of the chunk's raw bytes. */
    rawDigest: digestSchema,
    /** Of the bytes as stored. */
    storedDigest: digestSchema,
  }),
])
export type ManifestChunk = z.infer<typeof manifestChunkSchema>

/** Everything an agent needs to write and prove one image. Its identity is the digest of its canonical JSON. */
export const imageManifestSchema = z.strictObject({
  format: z.literal('repave-manifest/1'),
  name: nameSchema,
  version: z.string().min(1).max(64),
  arch: z.enum(cpuArchs),
  rawBytes: z.number().int().positive(),
  rawDigest: digestSchema,
  /** Logical sector size the partition table was made for. */
  sectorBytes: z.union([z.literal(512), z.literal(4096)]),
  /** A power of two, 1 to 8 MiB. */
  chunkBytes: z.number().int().positive(),
  /** Of a read-only root: what a machine that runs it must see proven. */
  verity: imageVeritySchema.optional(),
  packDigest: digestSchema,
  packBytes: byteCountSchema,
  chunks: z.array(manifestChunkSchema).min(1).max(mostChunks),
})
export type ImageManifest = z.infer<typeof imageManifestSchema>

/** A manifest as it travels: the exact bytes that were signed, and who signed them. */
export const signedManifestSchema = z.strictObject({
  /** Canonical JSON of an {@link imageManifestSchema}; its sha256 is the image's identity. */
  manifest: z.string(),
  /** First 16 hex digits of the sha256 of the raw ed25519 public key. */
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  /** ed25519 over the UTF-8 bytes of `manifest`, base64. */
  signature: z.base64(),
})
export type SignedManifest = z.infer<typeof signedManifestSchema>
