import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'

import { MEBIBYTE } from '../../../base/byte-size.ts'
import { digestFromBytes } from '../../../base/digest.ts'
import {
  type ImageManifest,
  type ManifestChunk,
  type SignedManifest,
  signedManifestSchema,
} from '../../../contract/image-manifest.ts'
import { readManifest } from '../../../contract/read-manifest.ts'
import type {
  ArchiveImportRequest,
  ImageArchive,
  StoredImage,
} from '../../domain/image/image-store.ts'
import { ArchiveReader } from './archive-reader.ts'
import type { ChunkStore } from './chunk-store.ts'
import { digestOf } from './encode-chunk.ts'
import { ImageArchiveError } from './errors.ts'
import type { ImageShelf } from './image-shelf.ts'
import { type DraftFolder, ImportDraft } from './import-draft.ts'
import { abortable } from './import-images.ts'

/** First line of an exported image; behind it the length of the signed manifest in bytes. */
const magic = 'repave-image/1'
const mostManifestBytes = 192 * MEBIBYTE

type StoredManifestChunk = Exclude<ManifestChunk, { kind: 'zero' }>

/** One file: the magic line, the signed manifest, and the stored chunks in disk order. */
export function openArchive(chunks: ChunkStore, { signed, manifest }: StoredImage): ImageArchive {
  const document = Buffer.from(JSON.stringify(signed))
  const header = Buffer.concat([Buffer.from(`${magic} ${document.length}\n`), document])
  return { sizeBytes: header.length + manifest.packBytes, bytes: archiveBytes() }

  async function* archiveBytes(): AsyncGenerator<Uint8Array> {
    yield header
    for (const chunk of manifest.chunks) {
      if (chunk.kind === 'zero') continue
      const place = chunks.find(chunk.storedDigest)
      if (place === undefined) throw new ImageArchiveError(`chunk ${chunk.storedDigest} is missing`)
      yield await chunks.readChecked(place)
    }
  }
}

/** Says whether somebody whom this daemon trusts has signed the manifest, or throws where that is demanded. */
export type SignatureJudge = (signed: SignedManifest) => 'signed' | 'unsigned'

/**
 * Stores an exported image. Every chunk is checked as it is stored and as it is on the disk, the image
 * and the pack as a whole, before anything is visible; then it is signed with the key of this daemon.
 *
 * @throws {ImageArchiveError} when it is not whole, or not what its manifest says
 */
export async function importArchive(
  shelf: ImageShelf,
  folder: DraftFolder,
  request: ArchiveImportRequest,
  judgeSignature: SignatureJudge,
): Promise<StoredImage> {
  const reader = new ArchiveReader(abortable(request.bytes, request.signal))
  try {
    const { signed, manifest } = await readHeader(reader)
    const signature = judgeSignature(signed)
    await using draft = await ImportDraft.begin(folder)
    await storeChunks(reader, manifest, draft, request.onProgress ?? (() => {}))
    await reader.requireEnd()
    await draft.commit()
    return await shelf.publish(manifest, { importedBy: request.principal, signature })
  } finally {
    await reader.close()
  }
}

async function readHeader(
  reader: ArchiveReader,
): Promise<{ signed: SignedManifest; manifest: ImageManifest }> {
  const [word, digits = ''] = (await reader.takeLine(64)).split(' ')
  const length = /^[1-9]\d{0,9}$/.test(digits) ? Number(digits) : 0
  if (word !== magic || length === 0) throw new ImageArchiveError('it is no exported image')
  if (length > mostManifestBytes) throw new ImageArchiveError('its manifest is too long')
  const document = (await reader.take(length)).toString('utf8')
  const parsed = signedManifestSchema.safeParse(jsonOf(document))
  if (!parsed.success) throw new ImageArchiveError('it has no signed manifest')
  const reading = readManifest(parsed.data.manifest)
  if (!reading.ok) throw new ImageArchiveError(`its manifest is refused: ${reading.reason}`)
  return { signed: parsed.data, manifest: reading.manifest }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function storeChunks(
  reader: ArchiveReader,
  manifest: ImageManifest,
  draft: ImportDraft,
  onProgress: (rawBytes: number) => void,
): Promise<void> {
  const { chunkBytes, rawBytes, chunks } = manifest
  const zeros = Buffer.alloc(chunkBytes)
  const rawHash = createHash('sha256')
  const packHash = createHash('sha256')
  let doneBytes = 0
  for (const chunk of chunks) {
    const length = Math.min(chunkBytes, rawBytes - doneBytes)
    if (chunk.kind === 'zero') {
      rawHash.update(zeros.subarray(0, length))
    } else {
      const stored = await reader.take(chunk.storedBytes)
      packHash.update(stored)
      rawHash.update(await checkedRaw(stored, chunk, length))
      const { packOffset: _packOffset, storedBytes: _storedBytes, ...facts } = chunk
      if (draft.hold.keep(chunk.storedDigest) === undefined) await draft.add(stored, facts)
    }
    doneBytes += length
    onProgress(doneBytes)
  }
  requireSame('the disk', manifest.rawDigest, digestFromBytes(rawHash.digest()))
  requireSame('its pack', manifest.packDigest, digestFromBytes(packHash.digest()))
}

const decompress = promisify(zstdDecompress)

async function checkedRaw(
  stored: Buffer,
  chunk: StoredManifestChunk,
  length: number,
): Promise<Buffer> {
  requireSame('a stored chunk', chunk.storedDigest, digestOf(stored))
  if (chunk.kind === 'raw') {
    requireSame('a chunk', chunk.rawDigest, chunk.storedDigest)
    return stored
  }
  const raw = await decompress(stored, { maxOutputLength: length }).catch((error: unknown) => {
    throw new ImageArchiveError('a chunk cannot be decompressed', error)
  })
  if (raw.length !== length) throw new ImageArchiveError('a chunk has another length')
  requireSame('a chunk', chunk.rawDigest, digestOf(raw))
  return raw
}

function requireSame(what: string, expected: string, actual: string): void {
  if (expected !== actual) {
    throw new ImageArchiveError(`${what} is ${actual}, and should be ${expected}`)
  }
}
