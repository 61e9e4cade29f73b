import { canonicalJson } from './canonical-json.ts'
import { type ImageManifest, imageManifestSchema } from './image-manifest.ts'

export type ManifestReading =
  | { readonly ok: true; readonly manifest: ImageManifest }
  | { readonly ok: false; readonly reason: string }

/** Text longer than this is not even parsed: twice what the most chunks need. */
const mostCharacters = 160 * 1024 * 1024

/**
 * Reads the text that was signed. Total: any text gives a manifest or a reason. Only the canonical form
 * counts, so that one image has one text (no key twice, no key unknown, no other spelling), and the
 * chunks must cover the disk and lie in the pack without gap or overlap.
 */
export function readManifest(text: string): ManifestReading {
  if (text.length > mostCharacters) return refused(`it is ${text.length} characters long`)
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return refused('it is no JSON')
  }
  const parsed = imageManifestSchema.safeParse(document)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refused(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it does not fit'}`)
  }
  if (canonicalJson(parsed.data) !== text) return refused('it is not in canonical form')
  const fault = layoutFault(parsed.data)
  return fault === undefined ? { ok: true, manifest: parsed.data } : refused(fault)
}

function refused(reason: string): ManifestReading {
  return { ok: false, reason }
}

/** What one zstd frame of incompressible bytes takes at most (ZSTD_COMPRESSBOUND in zstd.h). */
function mostStoredBytes(rawBytes: number): number {
  return rawBytes + (rawBytes >> 8) + 64
}

function layoutFault(manifest: ImageManifest): string | undefined {
  const { rawBytes, chunkBytes, sectorBytes, chunks, packBytes } = manifest
  if (rawBytes % sectorBytes !== 0)
    return `rawBytes is no whole number of ${sectorBytes}-byte sectors`
  const expected = Math.ceil(rawBytes / chunkBytes)
  if (chunks.length !== expected) return `${chunks.length} chunks where the disk has ${expected}`
  let end = 0
  for (const [index, chunk] of chunks.entries()) {
    if (chunk.kind === 'zero') continue
    const length = Math.min(chunkBytes, rawBytes - index * chunkBytes)
    if (chunk.packOffset !== end) return `chunk ${index} does not follow the one before it`
    if (chunk.kind === 'raw' && chunk.storedBytes !== length) {
      return `chunk ${index} is stored raw in another length`
    }
    if (chunk.storedBytes > mostStoredBytes(length)) return `chunk ${index} is stored too large`
    end += chunk.storedBytes
  }
  return end === packBytes ? undefined : `its chunks end at ${end}, the pack at ${packBytes}`
}
