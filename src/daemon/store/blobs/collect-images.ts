import type { Digest } from '../../../base/digest.ts'
import type { Image } from '../../../contract/api-documents.ts'
import type { CollectRequest, StoredImage } from '../../domain/image/image-store.ts'
import type { ImageShelf } from './image-shelf.ts'

/**
 * Removes images that have no name, are not in use and were not looked up lately, then the chunks that
 * no image has. While it looks, no name changes; what an import counts on is held by the import.
 */
export function collectImages(
  shelf: ImageShelf,
  draftFolder: string,
  { inUse, dryRun }: CollectRequest,
): Promise<{ removed: Image[]; freedBytes: number; storedBytes: number }> {
  const { chunks, manifests, names } = shelf.parts
  return shelf.exclusively(async () => {
    const named = new Set<Digest>()
    for (const name of await names.list()) {
      for (const { digest } of await names.versions(name)) named.add(digest)
    }
    const live = new Set<Digest>()
    const candidates: StoredImage[] = []
    for (const digest of await manifests.list()) {
      const stored = await shelf.peek(digest)
      if (stored === undefined) continue
      if (named.has(digest) || inUse.has(digest)) keepChunks(live, stored)
      else candidates.push(stored)
    }
    const removed: Image[] = []
    for (const stored of candidates) {
      if (shelf.isSpared(stored.image.digest)) keepChunks(live, stored)
      else removed.push(stored.image)
    }
    if (dryRun) {
      const storedBytes = chunks.storedBytes()
      return { removed, freedBytes: chunks.deadBytes(live), storedBytes }
    }
    for (const { digest } of removed) await manifests.remove(digest)
    const freedBytes = await chunks.collect(live, draftFolder)
    return { removed, freedBytes, storedBytes: chunks.storedBytes() }
  })
}

function keepChunks(live: Set<Digest>, stored: StoredImage): void {
  for (const chunk of storedChunks(stored)) live.add(chunk)
}

export function storedChunks({ manifest }: Pick<StoredImage, 'manifest'>): readonly Digest[] {
  return manifest.chunks.flatMap((chunk) => (chunk.kind === 'zero' ? [] : [chunk.storedDigest]))
}
