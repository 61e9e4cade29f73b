import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { byteCountSchema, digestSchema } from '../../../contract/values.ts'
import { StoredImageDamagedError } from './errors.ts'

const packedChunkSchema = z.strictObject({
  kind: z.enum(['raw', 'zstd']),
  offset: byteCountSchema,
  storedBytes: z.number().int().positive(),
  rawDigest: digestSchema,
  storedDigest: digestSchema,
})

/** A stored chunk and where in its pack file it lies. */
export type PackedChunk = Readonly<z.infer<typeof packedChunkSchema>>

/** `packs/ID.json`: what lies in `packs/ID.pack`. A pack without it does not count. */
const packIndexSchema = z.strictObject({
  format: z.literal('repave-pack-index/1'),
  chunks: z.array(packedChunkSchema).min(1),
})

export function packIndexText(chunks: readonly PackedChunk[]): string {
  return JSON.stringify({ format: 'repave-pack-index/1', chunks })
}

/** @throws {StoredImageDamagedError} when it is no index */
export async function readPackIndex(path: string): Promise<readonly PackedChunk[]> {
  try {
    return packIndexSchema.parse(JSON.parse(await readFile(path, 'utf8'))).chunks
  } catch (error) {
    throw new StoredImageDamagedError(path, error)
  }
}

/** The ids of the packs in a folder, and the files that belong to none: what a crash has left. */
export async function listPacks(
  folder: string,
): Promise<{ readonly packIds: readonly string[]; readonly orphans: readonly string[] }> {
  const files = new Set(await readdir(folder))
  const isWhole = (id: string) => files.has(`${id}.pack`) && files.has(`${id}.json`)
  const idOf = (file: string) => file.replace(/\.(?:pack|json)$/, '')
  return {
    packIds: [...files].filter((file) => file.endsWith('.json') && isWhole(idOf(file))).map(idOf),
    orphans: [...files].filter((file) => !isWhole(idOf(file))).map((file) => join(folder, file)),
  }
}
