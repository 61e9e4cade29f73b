import { createHash } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { digestFromBytes } from '../../../src/base/digest.ts'
import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import type { ManifestChunk } from '../../../src/contract/image-manifest.ts'
import { digestOf, encodeChunk } from '../../../src/daemon/store/blobs/encode-chunk.ts'
import { signManifest } from '../../fakes/signed-image.ts'

const chunkBytes = 4 * MEBIBYTE

/** Packs a raw image into a folder with `manifest.json`, `pack` and `digest`, as a daemon would serve it. */
export async function packRawImage(rawPath: string, folder: string, name: string): Promise<void> {
  await using raw = await open(rawPath)
  await using pack = await open(join(folder, 'pack'), 'w')
  const { size: rawBytes } = await raw.stat()
  const zeros = Buffer.alloc(chunkBytes)
  const rawHash = createHash('sha256')
  const packHash = createHash('sha256')
  const chunks: ManifestChunk[] = []
  let packBytes = 0
  for (let offset = 0; offset < rawBytes; offset += chunkBytes) {
    const bytes = Buffer.alloc(Math.min(chunkBytes, rawBytes - offset))
    await raw.read(bytes, 0, bytes.length, offset)
    rawHash.update(bytes)
    if (zeros.subarray(0, bytes.length).equals(bytes)) {
      chunks.push({ kind: 'zero' })
      continue
    }
    const { stored, ...chunk } = await encodeChunk(bytes, digestOf(bytes))
    chunks.push({ ...chunk, packOffset: packBytes, storedBytes: stored.length })
    await pack.appendFile(stored)
    packHash.update(stored)
    packBytes += stored.length
  }
  const { signed, imageDigest } = signManifest({
    format: 'repave-manifest/1',
    ...{ name, version: '1', arch: 'x86_64', rawBytes, sectorBytes: 512, chunkBytes, packBytes },
    rawDigest: digestFromBytes(rawHash.digest()),
    packDigest: digestFromBytes(packHash.digest()),
    chunks,
  })
  await writeFile(join(folder, 'digest'), imageDigest)
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(signed))
}
