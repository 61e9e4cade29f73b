import { availableParallelism } from 'node:os'

import type { Digest } from '../../../base/digest.ts'
import { detectGptSectorBytes } from '../../../protocol/gpt/decode-gpt.ts'
import { cutChunks, sharedMemory } from './cut-chunks.ts'
import { digestOf, encodeChunk, type StoredChunk } from './encode-chunk.ts'
import { ImageSizeError } from './errors.ts'
import { RollingHash } from './rolling-hash.ts'
import { type FinishedPack, type PackPiece, VirtualPack } from './virtual-pack.ts'

/** What a manifest says of the bytes. */
export interface PackFacts extends FinishedPack {
  readonly rawBytes: number
  readonly rawDigest: Digest
  readonly sectorBytes: 512 | 4096
}

export interface PackWriting {
  readonly chunkBytes: number
  /** Logical sector size it was made for; by default as its partition table says, else 512. */
  readonly sectorBytes?: 512 | 4096 | undefined
  /** The chunk with these raw bytes that is stored already, checked; undefined when there is none. */
  reuse(rawDigest: Digest): Promise<StoredChunk | undefined>
  /** Stores a chunk that is not. */
  add(chunk: StoredChunk): Promise<void>
  onProgress(rawBytes: number): void
}

/** Chunks that are encoded at a time, beside the one that is being read. */
const mostEncoding = availableParallelism() + 1
/** Chunks that may wait for their turn, most of them zero: the hash of the whole disk falls behind there. */
const mostWaiting = 64

/**
 * Cuts a raw image into chunks, stores those that are not stored yet, and says what all of them are.
 * Chunks are encoded side by side; memory stays at about two copies of each.
 *
 * @throws {ImageSizeError} when the image is empty or no multiple of its sector size
 */
export async function writePack(
  raw: AsyncIterable<Uint8Array>,
  writing: PackWriting,
): Promise<PackFacts> {
  const { chunkBytes, onProgress } = writing
  const zeros = sharedMemory(chunkBytes)
  await using rawHash = new RollingHash()
  const pack = new VirtualPack((chunk) => writing.add(chunk))
  let rawBytes = 0
  let { sectorBytes } = writing
  for await (const { bytes, release } of cutChunks(raw, chunkBytes, mostEncoding + 1)) {
    sectorBytes ??= detectGptSectorBytes(bytes) ?? 512
    rawBytes += bytes.length
    const zeroBytes = zeros.subarray(0, bytes.length)
    if (bytes.equals(zeroBytes)) {
      // Its memory is free at once, so that the cores have work while the hash goes over a gap.
      release()
      pack.push('zero', rawHash.update(zeroBytes))
    } else {
      pack.push(storedForm(bytes, writing), rawHash.update(bytes), release)
    }
    while (pack.encodingCount >= mostEncoding || pack.waitingCount > mostWaiting) {
      await pack.appendNext()
    }
    onProgress(rawBytes)
  }
  while (pack.waitingCount > 0) await pack.appendNext()
  requireDiskSize(rawBytes, sectorBytes ?? 512)
  const rawDigest = await rawHash.digest()
  return { rawBytes, rawDigest, sectorBytes: sectorBytes ?? 512, ...pack.finish() }
}

async function storedForm(raw: Buffer, { reuse }: PackWriting): Promise<PackPiece> {
  const rawDigest = digestOf(raw)
  const known = await reuse(rawDigest)
  if (known !== undefined) return { chunk: known, isStored: true }
  return { chunk: await encodeChunk(raw, rawDigest), isStored: false }
}

function requireDiskSize(rawBytes: number, sectorBytes: number): void {
  if (rawBytes === 0) throw new ImageSizeError(rawBytes, 'is empty')
  if (rawBytes % sectorBytes !== 0) {
    throw new ImageSizeError(rawBytes, `is no whole number of ${sectorBytes}-byte sectors`)
  }
}
