import { MEBIBYTE } from '../../../base/byte-size.ts'
import type { Digest } from '../../../base/digest.ts'
import type { ImageManifest } from '../../../contract/image-manifest.ts'
import type { ImportRequest, StoredImage } from '../../domain/image/image-store.ts'
import type { ChunkHold, ChunkStore } from './chunk-store.ts'
import type { StoredChunk } from './encode-chunk.ts'
import { ChunkDamagedError } from './errors.ts'
import type { ImageShelf } from './image-shelf.ts'
import { type DraftFolder, ImportDraft } from './import-draft.ts'
import { watchVerity } from './verity-watch.ts'
import { writePack } from './write-pack.ts'

const chunkBytes = 4 * MEBIBYTE

/**
 * Stores what of an image is not stored yet, signs its manifest, and points its name at it. Nothing of
 * it is visible before, and nothing is left when it fails.
 */
export async function importImage(
  shelf: ImageShelf,
  folder: DraftFolder,
  request: ImportRequest,
): Promise<StoredImage> {
  await using draft = await ImportDraft.begin(folder)
  const { verity } = request
  const disk = abortable(request.source, request.signal)
  const facts = await writePack(verity === undefined ? disk : watchVerity(disk, verity), {
    ...{ chunkBytes, sectorBytes: request.sectorBytes },
    reuse: (rawDigest) => reuseChunk(folder.chunks, draft.hold, rawDigest),
    add: ({ stored, ...chunk }) => draft.add(stored, chunk),
    onProgress: request.onProgress ?? (() => {}),
  })
  const provenance = request.source.prove({ digest: facts.rawDigest, bytes: facts.rawBytes })
  await draft.commit()
  const manifest: ImageManifest = {
    format: 'repave-manifest/1',
    name: request.name,
    version: request.version,
    arch: request.arch ?? 'x86_64',
    chunkBytes,
    ...(verity === undefined ? {} : { verity }),
    ...facts,
    chunks: [...facts.chunks],
  }
  const importedBy = request.principal
  return shelf.publish(manifest, { importedBy, provenance, signature: 'signed' })
}

/** A stored chunk that turns out to be damaged is forgotten, and so stored anew. */
async function reuseChunk(
  chunks: ChunkStore,
  hold: ChunkHold,
  rawDigest: Digest,
): Promise<StoredChunk | undefined> {
  const place = hold.keepRaw(rawDigest)
  if (place === undefined) return undefined
  const { kind, storedDigest } = place
  try {
    return { kind, rawDigest, storedDigest, stored: await chunks.readChecked(place) }
  } catch (error) {
    if (!(error instanceof ChunkDamagedError)) throw error
    await chunks.forget(storedDigest)
    return undefined
  }
}

export async function* abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const part of source) {
    signal?.throwIfAborted()
    yield part
  }
}
