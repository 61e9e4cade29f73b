import { createHash } from 'node:crypto'

import { type Digest, digestHex, readDigest } from '../../../base/digest.ts'
import type { ImageStore, StoredImage } from '../../domain/image/image-store.ts'
import { BootFileTruncatedError } from './boot-file-errors.ts'
import type { BootFile, BootFileRoute } from './boot-file.ts'
import { openDiskBootFile } from './disk-boot-file.ts'
import { memoryBootFile } from './memory-boot-file.ts'

/** A year, as long as HTTP caches keep anything: the name is the digest. */
const cacheControl = 'public, max-age=31536000, immutable'
const pattern = /^images\/([0-9a-f]{64})\/(manifest\.json|pack)$/

/** Images whose pack has lately been asked for; machines take them in many small ranges. */
const mostKnownPacks = 64

interface Pack {
  readonly path: string
  readonly sizeBytes: number
  readonly etag: string
}

/**
 * Serves `images/DIGEST/manifest.json` (the signed manifest) and `images/DIGEST/pack`, over HTTP
 * only: an image through TFTP would take hours.
 */
export function imageFiles(images: ImageStore): BootFileRoute {
  const findPack = rememberPacks(images)
  return async ({ path, transport }) => {
    const [, hex, file] = pattern.exec(path) ?? []
    const digest = readDigest(`sha256:${hex}`)
    if (digest === undefined || transport !== 'http') return undefined
    if (file === 'manifest.json') return manifestFile(await images.findImage(digest))
    return openPack(await findPack(digest))
  }
}

/** What lies under a digest never changes, so it is looked up once; a removed pack cannot be opened. */
function rememberPacks(images: ImageStore): (digest: Digest) => Promise<Pack | undefined> {
  const known = new Map<Digest, Pack>()
  return async (digest) => {
    const remembered = known.get(digest)
    if (remembered !== undefined) return remembered
    const image = await images.findImage(digest)
    if (image === undefined) return undefined
    if (known.size >= mostKnownPacks) known.clear()
    const pack: Pack = {
      path: images.packPath(digest),
      sizeBytes: image.manifest.packBytes,
      etag: `"${digestHex(image.manifest.packDigest)}"`,
    }
    known.set(digest, pack)
    return pack
  }
}

function manifestFile(image: StoredImage | undefined): BootFile | undefined {
  if (image === undefined) return undefined
  const bytes = Buffer.from(JSON.stringify(image.signed))
  const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`
  return memoryBootFile(bytes, { contentType: 'application/json', etag, cacheControl })
}

/** @throws {BootFileTruncatedError} when the pack is not as long as its manifest says */
async function openPack(pack: Pack | undefined): Promise<BootFile | undefined> {
  if (pack === undefined) return undefined
  const { path, sizeBytes, etag } = pack
  const contentType = 'application/octet-stream'
  const file = await openDiskBootFile(path, { contentType, etag, cacheControl })
  if (file !== undefined && file.sizeBytes !== sizeBytes) {
    await file.close()
    throw new BootFileTruncatedError(path, sizeBytes)
  }
  return file
}
