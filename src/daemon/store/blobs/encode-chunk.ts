import { hash } from 'node:crypto'
import { constants, zstdCompress } from 'node:zlib'
import { promisify } from 'node:util'

import { type Digest, digestFromBytes } from '../../../base/digest.ts'

const compress = promisify(zstdCompress)

/** A stored chunk that saves less than this share is kept raw: decoding it would cost more than it saves. */
const leastSaving = 0.03

/**
 * Level 1 takes a third of the time of level 3, and 9 % more room for a Debian image; what it makes is
 * decoded a quarter faster, on every machine.
 */
const zstdOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
}

/** One chunk as it goes into the pack. */
export interface StoredChunk {
  readonly kind: 'raw' | 'zstd'
  readonly stored: Uint8Array
  readonly rawDigest: Digest
  readonly storedDigest: Digest
}

/** Compresses in libuv's pool, so that several calls use several cores. `raw` must stay as it is meanwhile. */
export async function encodeChunk(raw: Buffer, rawDigest: Digest): Promise<StoredChunk> {
  // Room for all of it at once: by default Node goes to the pool and back for every 16 KiB of output.
  const frame = await compress(raw, { ...zstdOptions, chunkSize: raw.length + 1024 })
  if (frame.length > raw.length * (1 - leastSaving)) {
    return { kind: 'raw', stored: raw, rawDigest, storedDigest: rawDigest }
  }
  return { kind: 'zstd', stored: frame, rawDigest, storedDigest: digestOf(frame) }
}

export function digestOf(bytes: Uint8Array): Digest {
  return digestFromBytes(hash('sha256', bytes, 'buffer'))
}
