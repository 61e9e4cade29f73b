import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'

import { type Digest, digestFromBytes } from '../../../base/digest.ts'
import type { ManifestChunk } from '../../../contract/image-manifest.ts'
import { detectGptSectorBytes } from '../../../protocol/gpt/decode-gpt.ts'
import { cutChunks } from './cut-chunks.ts'
import { digestOf, encodeChunk, type StoredChunk } from './encode-chunk.ts'
import { ImageSizeError } from './errors.ts'
import { RollingHash } from './rolling-hash.ts'

/** What a manifest says of the bytes. */
export interface PackFacts {
  readonly rawBytes: number
  readonly rawDigest: Digest
  readonly sectorBytes: 512 | 4096
  readonly packDigest: Digest
  readonly packBytes: number
  readonly chunks: readonly ManifestChunk[]
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

/**
 * Cuts a raw image into chunks, stores those that are not stored yet, and says what all of them are.
 * Chunks are encoded side by side, one a core and one ahead; memory stays at about two copies of each.
 *
 * @throws {ImageSizeError} when the image is empty or no multiple of its sector size
 */
export async function writePack(
  raw: AsyncIterable<Uint8Array>,
  writing: PackWriting,
): Promise<PackFacts> {
  const { chunkBytes, onProgress } = writing
  const zeros = Buffer.alloc(chunkBytes)
  await using rawHash = new RollingHash()
  const pack = new VirtualPack(writing)
  const underWay: Promise<readonly [PackPiece, void]>[] = []
  let rawBytes = 0
  let { sectorBytes } = writing
  for await (const chunk of cutChunks(raw, chunkBytes, availableParallelism() + 2)) {
    sectorBytes ??= detectGptSectorBytes(chunk) ?? 512
    rawBytes += chunk.length
    // The buffer is filled anew when both are done.
    const encoding = Promise.all([storedForm(chunk, zeros, writing), rawHash.update(chunk)])
    // Awaited in its turn; until then a failure of it must not count as unheard.
    encoding.catch(() => {})
    underWay.push(encoding)
    if (underWay.length > availableParallelism()) await pack.append((await nextOf(underWay))[0])
    onProgress(rawBytes)
  }
  while (underWay.length > 0) await pack.append((await nextOf(underWay))[0])
  requireDiskSize(rawBytes, sectorBytes ?? 512)
  const rawDigest = await rawHash.digest()
  return { rawBytes, rawDigest, sectorBytes: sectorBytes ?? 512, ...pack.finish() }
}

type PackPiece = 'zero' | { readonly chunk: StoredChunk; readonly isStored: boolean }

async function storedForm(raw: Buffer, zeros: Buffer, { reuse }: PackWriting): Promise<PackPiece> {
  if (raw.equals(zeros.subarray(0, raw.length))) return 'zero'
  const rawDigest = digestOf(raw)
  const known = await reuse(rawDigest)
  if (known !== undefined) return { chunk: known, isStored: true }
  return { chunk: await encodeChunk(raw, rawDigest), isStored: false }
}

/** The pack as machines see it: stored chunks in disk order. */
class VirtualPack {
  readonly #writing: PackWriting
  readonly #hash = createHash('sha256')
  readonly #chunks: ManifestChunk[] = []
  #packBytes = 0

  constructor(writing: PackWriting) {
    this.#writing = writing
  }

  async append(piece: PackPiece): Promise<void> {
    if (piece === 'zero') {
      this.#chunks.push({ kind: 'zero' })
      return
    }
    if (!piece.isStored) await this.#writing.add(piece.chunk)
    const { stored, ...facts } = piece.chunk
    this.#hash.update(stored)
    const place = { packOffset: this.#packBytes, storedBytes: stored.length }
    this.#chunks.push({ ...facts, ...place })
    this.#packBytes += stored.length
  }

  finish(): Pick<PackFacts, 'packDigest' | 'packBytes' | 'chunks'> {
    const packDigest = digestFromBytes(this.#hash.digest())
    return { packDigest, packBytes: this.#packBytes, chunks: this.#chunks }
  }
}

async function nextOf<Item>(queue: Promise<Item>[]): Promise<Item> {
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
