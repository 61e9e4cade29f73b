import { link, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { digestHex } from '../../../base/digest.ts'
import type { ChunkStore } from './chunk-store.ts'
import { absentFile } from './durable-files.ts'
import type { ManifestFolder } from './manifest-folder.ts'

/**
 * Takes over packs that lie beside their manifest, as they did when each image had one of its own. The
 * old name goes last, so that a crash between leaves the bytes in two places and never in none.
 */
export async function adoptPacks(
  folder: string,
  draftFolder: string,
  manifests: ManifestFolder,
  chunks: ChunkStore,
): Promise<void> {
  await mkdir(draftFolder, { recursive: true })
  for (const digest of await manifests.list()) {
    const old = join(folder, digestHex(digest), 'pack')
    if ((await stat(old).catch(absentFile)) === undefined) continue
    const stored = await manifests.read(digest)
    const draft = join(draftFolder, digestHex(digest))
    await link(old, draft)
    const packed = (stored?.manifest.chunks ?? []).flatMap((chunk) => {
      if (chunk.kind === 'zero') return []
      const { packOffset: offset, ...facts } = chunk
      return [{ ...facts, offset }]
    })
    await chunks.addPack(draft, packed)
    await rm(old)
  }
}
