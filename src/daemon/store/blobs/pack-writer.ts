import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { availableParallelism } from 'node:os'

import { type Digest, digestFromBytes } from '../../../base/digest.ts'
import type { ManifestChunk } from '../../../contract/image-manifest.ts'
import { detectGptSectorBytes } from '../../../protocol/gpt/decode-gpt.ts'
import { type EncodedChunk, encodeChunk } from './encode-chunk.ts'
import { ImageSizeError } from './errors.ts'

/** What a manifest says of the bytes. */
export interface PackFacts {
  readonly rawBytes: number
  readonly rawDigest: Digest
  readonly sectorBytes: 512 | 4096
  readonly packDigest: Digest
  readonly packBytes: number
  readonly chunks: readonly ManifestChunk[]
}

/**
 * Cuts a raw image into chunks, stores them in disk order in `pack`, and says what they are. Chunks are
 * encoded side by side, one a core and one ahead; memory stays at about two copies of each.
 *
 * @throws {ImageSizeError} when the image is empty or no multiple of its sector size
 */
export async function writePack(
  raw: AsyncIterable<Uint8Array>,
  pack: FileHandle,
  chunkBytes: number,
  onProgress: (rawBytes: number) => void,
): Promise<PackFacts> {
  const zeros = Buffer.alloc(chunkBytes)
  const rawHash = createHash('sha256')
  const packHash = createHash('sha256')
  const chunks: ManifestChunk[] = []
  let rawBytes = 0
  let packBytes = 0
  let sectorBytes: 512 | 4096 = 512

  const store = async (chunk: EncodedChunk) => {
    if (chunk.kind === 'zero') {
      chunks.push(chunk)
      return
    }
    const { stored, ...facts } = chunk
    await pack.appendFile(stored)
    packHash.update(stored)
    chunks.push({ ...facts, packOffset: packBytes, storedBytes: stored.length })
    packBytes += stored.length
  }

  const underWay: Promise<EncodedChunk>[] = []
  for await (const chunk of cut(raw, chunkBytes)) {
    if (rawBytes === 0) sectorBytes = detectGptSectorBytes(chunk) ?? 512
    rawHash.update(chunk)
    rawBytes += chunk.length
    const encoding = encodeChunk(chunk, zeros)
    // Awaited in its turn; until then a failure of it must not count as unheard.
    encoding.catch(() => {})
    underWay.push(encoding)
    if (underWay.length > availableParallelism()) await store(await nextOf(underWay))
    onProgress(rawBytes)
  }
  while (underWay.length > 0) await store(await nextOf(underWay))
  requireDiskSize(rawBytes, sectorBytes)
  return {
    rawBytes,
    rawDigest: digestFromBytes(rawHash.digest()),
    sectorBytes,
    packDigest: digestFromBytes(packHash.digest()),
    packBytes,
    chunks,
  }
}

async function nextOf(queue: Promise<EncodedChunk>[]): Promise<EncodedChunk> {
  const next = queue.shift()
  if (next === undefined) throw new RangeError('the queue is empty')
  return next
}

function requireDiskSize(rawBytes: number, sectorBytes: number): void {
  if (rawBytes === 0) throw new ImageSizeError(rawBytes, 'is empty')
  if (rawBytes % sectorBytes !== 0) {
    throw new ImageSizeError(rawBytes, `is no whole number of ${sectorBytes}-byte sectors`)
  }
}

/** Buffers of exactly `chunkBytes`, the last one shorter; each is new, because it is read while the next fills. */
async function* cut(source: AsyncIterable<Uint8Array>, chunkBytes: number): AsyncGenerator<Buffer> {
  let chunk = Buffer.allocUnsafeSlow(chunkBytes)
  let filled = 0
  for await (const part of source) {
    for (let offset = 0; offset < part.length;) {
      const taken = Math.min(part.length - offset, chunkBytes - filled)
      chunk.set(part.subarray(offset, offset + taken), filled)
      offset += taken
      filled += taken
      if (filled === chunkBytes) {
        yield chunk
        chunk = Buffer.allocUnsafeSlow(chunkBytes)
        filled = 0
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}
