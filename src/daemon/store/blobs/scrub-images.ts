import type { Digest } from '../../../base/digest.ts'
import type { Image } from '../../../contract/api-documents.ts'
import type { Scrubbed } from '../../../contract/image-documents.ts'
import type { StoredImage } from '../../domain/image/image-store.ts'
import { storedChunks } from './collect-images.ts'
import { ChunkDamagedError } from './errors.ts'
import type { ImageShelf } from './image-shelf.ts'

/**
 * Reads stored chunks and compares each with its digest. Images with a damaged or missing chunk go into
 * quarantine; those that are whole again come out of it.
 */
export async function scrubImages(
  shelf: ImageShelf,
  imageDigest?: Digest,
  signal?: AbortSignal,
): Promise<Scrubbed> {
  const { chunks, manifests } = shelf.parts
  const found = { checkedChunks: 0, checkedBytes: 0, damagedChunks: 0 }
  const verdicts = new Map<Digest, boolean>()
  const isWhole = async (digest: Digest): Promise<boolean> => {
    signal?.throwIfAborted()
    const place = chunks.find(digest)
    if (place === undefined) return false
    found.checkedChunks++
    found.checkedBytes += place.storedBytes
    try {
      await chunks.readChecked(place)
      return true
    } catch (error) {
      if (!(error instanceof ChunkDamagedError)) throw error
      found.damagedChunks++
      await chunks.forget(digest)
      return false
    }
  }
  const quarantined: string[] = []
  const released: string[] = []
  for (const digest of imageDigest === undefined ? await manifests.list() : [imageDigest]) {
    const stored = await shelf.peek(digest)
    if (stored === undefined) continue
    const damaged: Digest[] = []
    for (const chunk of storedChunks(stored)) {
      const isGood = verdicts.get(chunk) ?? (await isWhole(chunk))
      verdicts.set(chunk, isGood)
      if (!isGood) damaged.push(chunk)
    }
    const changed = await shelf.judge(stored, damaged)
    if (changed === 'quarantined') quarantined.push(nameOf(stored))
    if (changed === 'released') released.push(nameOf(stored))
  }
  return { ...found, quarantined, released }
}

/** Puts every image that has the chunk into quarantine, and forgets the chunk. */
export async function quarantineChunk(
  shelf: ImageShelf,
  storedDigest: Digest,
): Promise<readonly Image[]> {
  const { chunks, manifests } = shelf.parts
  await chunks.forget(storedDigest)
  const quarantined: Image[] = []
  for (const digest of await manifests.list()) {
    const stored = await shelf.peek(digest)
    if (stored === undefined || !storedChunks(stored).includes(storedDigest)) continue
    if ((await shelf.judge(stored, [storedDigest])) !== 'quarantined') continue
    const now = await shelf.peek(digest)
    if (now !== undefined) quarantined.push(now.image)
  }
  return quarantined
}

function nameOf({ image }: StoredImage): string {
  return `${image.name}@${image.version}`
}
