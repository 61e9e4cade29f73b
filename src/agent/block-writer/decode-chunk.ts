import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'

import { messageOf } from '../../base/coded-error.ts'
import { digestOf } from './chunk-measures.ts'
import type { PlannedChunk, StoredChunk } from './write-plan.ts'

const decompress = promisify(zstdDecompress)

/**
 * Decodes one stored chunk into the start of `target` and checks it against the manifest.
 *
 * @returns why the chunk is refused, or undefined when `target` now starts with its raw bytes
 */
export async function decodeChunk(
  stored: Uint8Array,
  chunk: PlannedChunk & { readonly stored: StoredChunk },
  target: Buffer,
): Promise<string | undefined> {
  if (chunk.stored.kind === 'raw') {
    target.set(stored)
  } else {
    const decoded = await decodeZstd(stored, chunk.rawBytes)
    if (typeof decoded === 'string') return decoded
    target.set(decoded)
  }
  const matches = digestOf(target.subarray(0, chunk.rawBytes)) === chunk.content
  return matches ? undefined : 'its digest is not the one in the manifest'
}

async function decodeZstd(stored: Uint8Array, rawBytes: number): Promise<Buffer | string> {
  try {
    // One byte more than a chunk may hold, so that output of the right size comes in one piece.
    const options = { maxOutputLength: rawBytes, chunkSize: rawBytes + 1 }
    const decoded = await decompress(stored, options)
    return decoded.length === rawBytes ? decoded : `it decodes to ${decoded.length} bytes`
  } catch (error) {
    return messageOf(error)
  }
}
