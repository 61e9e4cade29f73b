import { z } from 'zod'

import { cpuArchs } from '../base/cpu-arch.ts'
import { imageSchema } from './api-documents.ts'
import { problemSchema } from './status-documents.ts'
import { checksumSchema, importFormats } from './import-provenance.ts'
import { imageVeritySchema } from './image-verity.ts'
import { byteCountSchema, nameSchema } from './values.ts'

function readJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text)
  } catch {
    context.issues.push({ code: 'custom', message: 'expected JSON', input: text })
    return z.NEVER
  }
}

/**
 * Query of `POST /api/v1/images`: what is imported, and what must be true of it. The body is the image
 * itself as `application/octet-stream`, or {@link imageUrlSchema} as JSON.
 */
export const imageImportSchema = z.strictObject({
  name: nameSchema,
  version: z.string().min(1).max(64).default('1'),
  arch: z.enum(cpuArchs).default('x86_64'),
  /** What the outermost format must be; by default whatever the content turns out to be. */
  format: z.enum(importFormats).optional(),
  /** The bytes are the disk, whatever they look like. */
  opaque: z.enum(['true', 'false']).default('false'),
  /** By default as the partition table says, else 512. */
  sectorBytes: z.enum(['512', '4096']).optional(),
  /** Of the bytes as they come, still packed. */
  checksum: checksumSchema.optional(),
  /** Of the raw disk inside. */
  rawChecksum: checksumSchema.optional(),
  /** JSON of an {@link imageVeritySchema}, as the builder's label states it; compared with what is inside. */
  verity: z.string().max(2048).transform(readJson).pipe(imageVeritySchema).optional(),
  /** Of an upload that is a file: its name without folders, for people to read. */
  fileName: z.string().min(1).max(255).optional(),
})
export type ImageImport = z.infer<typeof imageImportSchema>
export type ImageImportQuery = z.input<typeof imageImportSchema>

/** Where the daemon fetches an image. A password in it reaches that server and nobody else. */
export const imageUrlSchema = z.strictObject({ url: z.string().min(1).max(2048) })

/** A line of the answer to an image import: progress, then the image or why there is none. */
export const importLineSchema = z.union([
  z.object({
    /** What has arrived, and how much there will be where that is known. */
    sourceBytes: byteCountSchema,
    totalBytes: byteCountSchema.optional(),
    /** Bytes of the raw disk that are stored. */
    rawBytes: byteCountSchema,
  }),
  z.object({ image: imageSchema }),
  z.object({ problem: problemSchema }),
])
export type ImportLine = z.infer<typeof importLineSchema>
