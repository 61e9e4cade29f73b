import { hash } from 'node:crypto'

import type { TableChunk } from './lanes/chunk-table.ts'
import type { ZstdDecoder } from './zstd-decoder.ts'

type StoredChunk = Pick<TableChunk, 'kind' | 'rawBytes' | 'digest'>

/**
 * Decodes one stored chunk into the start of `target` and checks it against the manifest.
 *
 * @returns why the chunk is refused, or undefined when `target` now starts with its raw bytes
 */
export function decodeChunk(
  decoder: ZstdDecoder,
  stored: Uint8Array,
  chunk: StoredChunk,
  target: Buffer,
): string | undefined {
  const raw = target.subarray(0, chunk.rawBytes)
  if (chunk.kind === 'raw') {
    raw.set(stored)
  } else {
    const refusal = decoder.decode(stored, raw)
    if (refusal !== undefined) return refusal
  }
  const matches = hash('sha256', raw, 'buffer').equals(chunk.digest)
  return matches ? undefined : 'its digest is not the one in the manifest'
}
