import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../../../src/base/byte-size.ts'
import type { Digest } from '../../../../../src/base/digest.ts'
import type { ImageManifest } from '../../../../../src/contract/image-manifest.ts'
import type { ImagePack } from '../../../../../src/daemon/domain/image/image-store.ts'
import { digestOf } from '../../../../../src/daemon/store/blobs/encode-chunk.ts'
import {
  type OpenImageStore,
  openImageStore,
} from '../../../../../src/daemon/store/blobs/image-store.ts'
import {
  loadSigningKey,
  type SigningKey,
} from '../../../../../src/daemon/store/blobs/signing-key.ts'
import { rawSource } from '../../../../fakes/raw-source.ts'

/** 9 MiB and two sectors: noise, zeros, text that compresses, and a short last chunk. */
const raw = Buffer.concat([
  randomBytes(4 * MEBIBYTE),
  Buffer.alloc(4 * MEBIBYTE),
  Buffer.alloc(MEBIBYTE + 1024, 'compressible '),
])

async function* parts(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    yield bytes.subarray(offset, offset + size)
  }
}

describe(openImageStore, () => {
  let directory: string
  let signingKey: SigningKey
  let store: OpenImageStore
  let nowMs = 1_000_000
  const clock = { nowMs: () => nowMs++, monotonicMs: () => 0 }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'repave-images-'))
    signingKey = await loadSigningKey(join(directory, 'keys', 'image-signing.pem'))
    store = await openImageStore({ directory, signingKey, clock })
  })
  afterEach(async () => {
    await rm(directory, { recursive: true })
  })
  const importBytes = async (bytes: Uint8Array, version = '1') =>
    store.importImage({ name: 'debian', version, source: rawSource(parts(bytes)) })

  const openPack = async (digest: Digest): Promise<ImagePack> => {
    const pack = await store.openPack(digest)
    if (pack === undefined) throw new Error('no such pack')
    return pack
  }

  const rebuild = async (manifest: ImageManifest, pack: ImagePack) => {
    const chunks = manifest.chunks.map(async (chunk, index) => {
      const rawBytes = Math.min(
        manifest.chunkBytes,
        manifest.rawBytes - index * manifest.chunkBytes,
      )
      if (chunk.kind === 'zero') return Buffer.alloc(rawBytes)
      const stored = Buffer.alloc(chunk.storedBytes)
      await pack.read(chunk.packOffset, chunk.storedBytes, stored)
      expect(digestOf(stored)).toBe(chunk.storedDigest)
      return chunk.kind === 'raw' ? stored : zstdDecompressSync(stored)
    })
    return Buffer.concat(await Promise.all(chunks))
  }

  it('I15 refuses what is no whole number of sectors, and what is empty', async () => {
    await expect(importBytes(raw.subarray(0, 1000))).rejects.toMatchObject({
      code: 'ERR_IMAGE_SIZE',
    })
    await expect(importBytes(new Uint8Array())).rejects.toMatchObject({ code: 'ERR_IMAGE_SIZE' })
  })

  it('I08 fails when the source fails, and leaves nothing behind', async () => {
    async function* broken() {
      yield raw.subarray(0, 5 * MEBIBYTE)
      throw new Error('connection reset')
    }
    const importing = store.importImage({
      name: 'debian',
      version: '1',
      source: rawSource(broken()),
    })
    await expect(importing).rejects.toThrow('connection reset')
    expect(await readdir(join(directory, 'incoming'))).toEqual([])
  })

  it('gives the raw bytes back, chunk by chunk', async () => {
    const { manifest, image } = await importBytes(raw)
    expect(manifest.chunks.map((chunk) => chunk.kind)).toEqual(['raw', 'zero', 'zstd'])
    expect(manifest.rawDigest).toBe(digestOf(raw))
    const pack = await openPack(image.digest)
    expect(raw.equals(await rebuild(manifest, pack))).toBe(true)
    const whole = await pack.read(0, pack.sizeBytes, Buffer.alloc(pack.sizeBytes))
    expect(digestOf(whole)).toBe(manifest.packDigest)
  })

  it('keeps a disk on which data and gaps change about, in more chunks than there is memory for', async () => {
    const noise = (chunks: number) => randomBytes(chunks * 4 * MEBIBYTE)
    const gap = (chunks: number) => Buffer.alloc(chunks * 4 * MEBIBYTE)
    const text = Buffer.alloc(2 * 4 * MEBIBYTE, 'compressible ')
    const disk = Buffer.concat([gap(2), noise(4), gap(1), text, noise(2), gap(3), noise(1), text])
    const { manifest, image } = await importBytes(disk)
    expect(manifest.rawDigest).toBe(digestOf(disk))
    expect(disk.equals(await rebuild(manifest, await openPack(image.digest)))).toBe(true)
  })

  it('gives equal images equal identities', async () => {
    const one = await importBytes(raw)
    const other = await importBytes(raw)
    expect(other.image.digest).toBe(one.image.digest)
    expect(await store.listImages()).toHaveLength(1)
  })

  it('R1 signs the exact text of the manifest with the key of the daemon', async () => {
    const { signed, image } = await importBytes(raw)
    const key = createPublicKey({
      key: Buffer.concat([
        Buffer.from('302a300506032b6570032100', 'hex'),
        Buffer.from(signingKey.publicKeyBase64, 'base64'),
      ]),
      format: 'der',
      type: 'spki',
    })
    const text = Buffer.from(signed.manifest)
    expect(verify(null, text, key, Buffer.from(signed.signature, 'base64'))).toBe(true)
    expect(digestOf(text)).toBe(image.digest)
  })

  it('points a name at its newest version and keeps the older by digest', async () => {
    const old = await importBytes(raw, '1')
    const newer = await importBytes(raw.subarray(0, MEBIBYTE), '2')
    expect((await store.findImage('debian'))?.image.digest).toBe(newer.image.digest)
    expect((await store.findImage(old.image.digest))?.image.version).toBe('1')
  })

  it('I11 gives one row to two imports of one name at once', async () => {
    await Promise.all([importBytes(raw), importBytes(raw)])
    expect(await store.listImages()).toHaveLength(1)
  })

  it('I10 sweeps what an interrupted import has left', async () => {
    await writeFile(join(directory, 'incoming', 'half'), '')
    const reopened = await openImageStore({ directory, signingKey, clock })
    expect(await readdir(join(directory, 'incoming'))).toEqual([])
    expect(await reopened.listImages()).toEqual([])
  })

  it('finds nothing under a name that is a path', async () => {
    expect(await store.findImage('../keys/image-signing')).toBeUndefined()
  })
})

describe(loadSigningKey, () => {
  it('makes a key once and reads it ever after', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'repave-key-'))
    const path = join(directory, 'key.pem')
    const made = await loadSigningKey(path)
    expect((await loadSigningKey(path)).publicKeyBase64).toBe(made.publicKeyBase64)
    await rm(directory, { recursive: true })
  })

  it('never replaces a file that it cannot read as a key', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'repave-key-'))
    const path = join(directory, 'key.pem')
    await writeFile(path, 'damaged')
    await expect(loadSigningKey(path)).rejects.toMatchObject({ code: 'ERR_SIGNING_KEY' })
    expect(await readFile(path, 'utf8')).toBe('damaged')
    await rm(directory, { recursive: true })
  })
})
