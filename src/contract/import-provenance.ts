import { z } from 'zod'

import { byteCountSchema, digestSchema } from './values.ts'

/** Formats that an image may come in, by content. */
export const importFormats = [
  'raw',
  'gzip',
  'xz',
  'zstd',
  'bzip2',
  'qcow2',
  'vmdk',
  'vhd',
  'vhdx',
] as const
export type ImportFormat = (typeof importFormats)[number]

/** Where the bytes came from: never with credentials in it. */
export const importOriginSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), name: z.string().min(1).max(255) }),
  z.strictObject({ kind: z.literal('url'), url: z.string().min(1).max(2048) }),
  z.strictObject({ kind: z.literal('stdin') }),
  /** Captured from a machine's disk. */
  z.strictObject({ kind: z.literal('machine'), name: z.string(), runId: z.uuid() }),
])
export type ImportOrigin = z.infer<typeof importOriginSchema>

/** A checksum that somebody vouches for: `sha256:` and 64, or `sha512:` and 128 lower-case hex digits. */
export const checksumSchema = z
  .string()
  .regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/, 'expected sha256: or sha512: and hex')

/** Whether somebody vouched for bytes before they were read, and with what. */
export const checksumVerdictSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('not-given') }),
  z.strictObject({ kind: z.literal('verified'), checksum: checksumSchema }),
])
export type ChecksumVerdict = z.infer<typeof checksumVerdictSchema>

/** What an image was made from: kept beside its name, and no part of its identity. */
export const importProvenanceSchema = z.strictObject({
  origin: importOriginSchema,
  /** Outermost first: `['xz', 'raw']`, `['qcow2']`. */
  formats: z.array(z.enum(importFormats)).min(1).max(3),
  /** Of the bytes as they came, still packed. */
  sourceDigest: digestSchema,
  sourceBytes: byteCountSchema,
  /** Of the bytes as they came. */
  checksum: checksumVerdictSchema,
  /** Of the raw disk inside. */
  rawChecksum: checksumVerdictSchema,
  /** Zeros that were put behind the raw disk to make it whole sectors. */
  paddedBytes: byteCountSchema,
})
export type ImportProvenance = z.infer<typeof importProvenanceSchema>
