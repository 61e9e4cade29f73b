import { createHash } from 'node:crypto'

import { digestHex, readDigest } from '../../../base/digest.ts'
import type { ImagePack, ImagePacks, ImageStore } from '../../domain/image/image-store.ts'
import type { BootFile, BootFileRoute } from './boot-file.ts'
import { memoryBootFile } from './memory-boot-file.ts'

/** A year, as long as HTTP caches keep anything: the name is the digest. */
const immutable = 'public, max-age=31536000, immutable'
/** The manifest of an image never changes, but the signature beside it does when keys change hands. */
const revalidated = 'public, no-cache'
const pattern = /^images\/([0-9a-f]{64})\/(manifest\.json|pack)$/

/**
 * Serves `images/DIGEST/manifest.json` (the signed manifest) and `images/DIGEST/pack`, over HTTP
 * only: an image through TFTP would take hours. An image in quarantine is not served.
 */
export function imageFiles(images: ImageStore & ImagePacks): BootFileRoute {
  return async ({ path, transport }) => {
    const [, hex, file] = pattern.exec(path) ?? []
    const digest = readDigest(`sha256:${hex}`)
    if (digest === undefined || transport !== 'http') return undefined
    if (file === 'pack') return packFile(await images.openPack(digest))
    const found = await images.findImage(digest)
    if (found === undefined || found.image.state === 'quarantined') return undefined
    const bytes = Buffer.from(JSON.stringify(found.signed))
    const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`
    return memoryBootFile(bytes, {
      contentType: 'application/json',
      etag,
      cacheControl: revalidated,
    })
  }
}

function packFile(pack: ImagePack | undefined): BootFile | undefined {
  if (pack === undefined) return undefined
  return {
    sizeBytes: pack.sizeBytes,
    contentType: 'application/octet-stream',
    etag: `"${digestHex(pack.packDigest)}"`,
    cacheControl: immutable,
    hold: (offset) => pack.hold(offset),
    holdFile: (offset) => pack.holdFile(offset),
    read: (offset, length, into = new Uint8Array(length)) => pack.read(offset, length, into),
    close: async () => {},
  }
}
