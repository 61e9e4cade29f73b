import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'

import { type Digest, digestFromBytes } from '../../src/base/digest.ts'
import { canonicalJson } from '../../src/contract/canonical-json.ts'
import type {
  ImageManifest,
  ManifestChunk,
  SignedManifest,
} from '../../src/contract/image-manifest.ts'

export const sha256 = (bytes: Uint8Array): Digest =>
  digestFromBytes(createHash('sha256').update(bytes).digest())

/** An image as a daemon would serve it, with the key that signed it. */
export interface SignedImage {
  readonly raw: Buffer
  readonly pack: Buffer
  readonly manifest: ImageManifest
  readonly signed: SignedManifest
  readonly imageDigest: Digest
  readonly trustedKey: { keyId: string; publicKeyBase64: string }
}

/** Cuts `raw` into chunks: zeros elided, the rest compressed, chunks named in `rawChunks` stored as they are. */
export function createSignedImage(
  raw: Buffer,
  options: { chunkBytes?: number; sectorBytes?: 512 | 4096; rawChunks?: number[] } = {},
): SignedImage {
  const { chunkBytes = 1024 * 1024, sectorBytes = 512, rawChunks = [] } = options
  const chunks: ManifestChunk[] = []
  const packed: Buffer[] = []
  let packBytes = 0
  for (let offset = 0; offset < raw.length; offset += chunkBytes) {
    const bytes = raw.subarray(offset, offset + chunkBytes)
    if (bytes.every((byte) => byte === 0)) {
      chunks.push({ kind: 'zero' })
      continue
    }
    const asIs = rawChunks.includes(chunks.length)
    const stored = asIs ? bytes : compress(bytes)
    const kind = asIs ? ('raw' as const) : ('zstd' as const)
    const digests = { rawDigest: sha256(bytes), storedDigest: sha256(stored) }
    chunks.push({ kind, packOffset: packBytes, storedBytes: stored.length, ...digests })
    packed.push(stored)
    packBytes += stored.length
  }
  const pack = Buffer.concat(packed)
  const manifest: ImageManifest = {
    format: 'repave-manifest/1',
    name: 'test-image',
    version: '1',
    arch: 'x86_64',
    rawBytes: raw.length,
    rawDigest: sha256(raw),
    sectorBytes,
    chunkBytes,
    packDigest: sha256(pack),
    packBytes,
    chunks,
  }
  return { raw, pack, manifest, ...signManifest(manifest) }
}

function compress(bytes: Buffer): Buffer {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
}

export function signManifest(
  manifest: ImageManifest,
): Pick<SignedImage, 'signed' | 'imageDigest' | 'trustedKey'> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const rawKey = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const text = canonicalJson(manifest)
  const keyId = createHash('sha256').update(rawKey).digest('hex').slice(0, 16)
  const signature = sign(null, Buffer.from(text), privateKey).toString('base64')
  return {
    signed: { manifest: text, keyId, signature },
    imageDigest: sha256(Buffer.from(text)),
    trustedKey: { keyId, publicKeyBase64: rawKey.toString('base64') },
  }
}

/** Bytes that compress about threefold and differ everywhere. */
export function patternBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed >>> 0 || 1
  for (let offset = 0; offset + 16 <= length; offset += 16) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes.writeUInt32LE(state, offset)
  }
  return bytes
}
