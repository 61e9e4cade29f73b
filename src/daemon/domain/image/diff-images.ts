import type { Digest } from '../../../base/digest.ts'
import type { ImageDiff } from '../../../contract/image-documents.ts'
import type { ImageManifest, ManifestChunk } from '../../../contract/image-manifest.ts'
import type { StoredImage } from './image-store.ts'

/** What a disk that holds `from` has to be given to hold `to`, and what the two keep once in the store. */
export function diffImages(from: StoredImage, to: StoredImage): ImageDiff {
  const kept = storedChunks(from.manifest)
  const isAligned = from.manifest.chunkBytes === to.manifest.chunkBytes
  const { chunkBytes, rawBytes, chunks } = to.manifest
  const diff = {
    ...{ unchangedChunks: 0, unchangedBytes: 0, changedChunks: 0, changedBytes: 0, fetchBytes: 0 },
  }
  for (const [index, chunk] of chunks.entries()) {
    const bytes = Math.min(chunkBytes, rawBytes - index * chunkBytes)
    if (isAligned && isSameContent(from.manifest.chunks[index], chunk)) {
      diff.unchangedChunks++
      diff.unchangedBytes += bytes
      continue
    }
    diff.changedChunks++
    diff.changedBytes += bytes
    if (chunk.kind !== 'zero') diff.fetchBytes += chunk.storedBytes
  }
  const own = [...storedChunks(to.manifest)]
  const sizeOf = (isWanted: (digest: Digest) => boolean) =>
    own.reduce((sum, [digest, bytes]) => (isWanted(digest) ? sum + bytes : sum), 0)
  return {
    from: from.image,
    to: to.image,
    ...diff,
    sharedStoredBytes: sizeOf((digest) => kept.has(digest)),
    ownStoredBytes: sizeOf((digest) => !kept.has(digest)),
  }
}

function isSameContent(one: ManifestChunk | undefined, other: ManifestChunk): boolean {
  if (one === undefined) return false
  if (one.kind === 'zero' || other.kind === 'zero') return one.kind === other.kind
  return one.rawDigest === other.rawDigest
}

function storedChunks({ chunks }: ImageManifest): Map<Digest, number> {
  return new Map(
    chunks.flatMap((chunk) =>
      chunk.kind === 'zero' ? [] : [[chunk.storedDigest, chunk.storedBytes]],
    ),
  )
}
