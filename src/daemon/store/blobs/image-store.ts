import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { MEBIBYTE } from '../../../base/byte-size.ts'
import type { Clock } from '../../../base/clock.ts'
import { type Digest, digestHex, readDigest } from '../../../base/digest.ts'
import type { Image } from '../../../contract/api-documents.ts'
import { canonicalJson } from '../../../contract/canonical-json.ts'
import {
  type ImageManifest,
  imageManifestSchema,
  type SignedManifest,
  signedManifestSchema,
} from '../../../contract/image-manifest.ts'
import { digestSchema, nameSchema, timeMsSchema } from '../../../contract/values.ts'
import type {
  ImageImporter,
  ImageStore,
  ImportRequest,
  StoredImage,
} from '../../domain/image/image-store.ts'
import { replaceFile, syncDirectory } from './durable-files.ts'
import { digestOf } from './encode-chunk.ts'
import { StoredImageDamagedError } from './errors.ts'
import { writePack } from './pack-writer.ts'
import type { SigningKey } from './signing-key.ts'

const chunkBytes = 4 * MEBIBYTE

/** `names/<name>.json`: which image a name stands for, oldest version first. */
const pointerSchema = z.strictObject({
  versions: z.array(z.strictObject({ digest: digestSchema, importedAtMs: timeMsSchema })).min(1),
})
type Pointer = z.infer<typeof pointerSchema>

export interface ImageStoreOptions {
  /** `by-digest/`, `names/` and `incoming/` lie in it. */
  readonly directory: string
  readonly signingKey: SigningKey
  readonly clock: Clock
}

/**
 * Opens the folder of images and sweeps what an interrupted import has left. Visible are only whole
 * images: pack and manifest are on disk before a name points at them.
 */
export async function openImageStore(
  options: ImageStoreOptions,
): Promise<ImageStore & ImageImporter> {
  await rm(join(options.directory, 'incoming'), { recursive: true, force: true })
  for (const folder of ['by-digest', 'names', 'incoming']) {
    await mkdir(join(options.directory, folder), { recursive: true })
  }
  return new FolderImageStore(options)
}

class FolderImageStore implements ImageStore, ImageImporter {
  readonly #directory: string
  readonly #signingKey: SigningKey
  readonly #clock: Clock
  /** Imports are published one after the other; each name's pointer is read and replaced in one go. */
  #publishing: Promise<unknown> = Promise.resolve()
  #importsBegun = 0

  constructor({ directory, signingKey, clock }: ImageStoreOptions) {
    this.#directory = directory
    this.#signingKey = signingKey
    this.#clock = clock
  }

  async listImages(): Promise<readonly Image[]> {
    const files = (await readdir(join(this.#directory, 'names'))).filter((file) =>
      file.endsWith('.json'),
    )
    const images = await Promise.all(files.sort().map((file) => this.findImage(file.slice(0, -5))))
    return images.flatMap((found) => (found === undefined ? [] : [found.image]))
  }

  async findImage(nameOrDigest: string): Promise<StoredImage | undefined> {
    const digest = readDigest(nameOrDigest)
    if (digest !== undefined) {
      const info = await stat(this.packPath(digest)).catch(absent)
      return info === undefined ? undefined : this.#readImage(digest, info.mtimeMs)
    }
    const newest = (await this.#readPointer(nameOrDigest))?.versions.at(-1)
    return newest === undefined ? undefined : this.#readImage(newest.digest, newest.importedAtMs)
  }

  packPath(imageDigest: Digest): string {
    return join(this.#folderOf(imageDigest), 'pack')
  }

  /** Forgets the name. The bytes stay: a deployment under way may still be fetching them. */
  async removeImage(name: string): Promise<boolean> {
    if ((await this.#readPointer(name)) === undefined) return false
    await rm(this.#pointerPath(name))
    await syncDirectory(join(this.#directory, 'names'))
    return true
  }

  async importImage(request: ImportRequest): Promise<StoredImage> {
    const folder = join(this.#directory, 'incoming', `${process.pid}-${this.#importsBegun++}`)
    await mkdir(folder)
    try {
      const signed = await this.#storeIncoming(folder, request)
      return await this.#publish(request.name, folder, signed)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async #storeIncoming(folder: string, request: ImportRequest): Promise<SignedManifest> {
    await using pack = await open(join(folder, 'pack'), 'wx')
    const source = abortable(request.source, request.signal)
    const onProgress = request.onProgress ?? (() => {})
    const facts = await writePack(source, pack, chunkBytes, onProgress)
    await pack.sync()
    const manifest: ImageManifest = {
      format: 'repave-manifest/1',
      name: request.name,
      version: request.version,
      arch: request.arch ?? 'x86_64',
      chunkBytes,
      ...facts,
      chunks: [...facts.chunks],
    }
    const text = canonicalJson(manifest)
    const signed = {
      manifest: text,
      keyId: this.#signingKey.keyId,
      signature: this.#signingKey.sign(text),
    }
    await replaceFile(join(folder, 'manifest.json'), JSON.stringify(signed))
    return signed
  }

  /** Rename, then the name: whoever finds the name finds the bytes. An image that is there already stays. */
  async #publish(name: string, folder: string, signed: SignedManifest): Promise<StoredImage> {
    const digest = digestOf(Buffer.from(signed.manifest))
    const publishing = this.#publishing.then(async () => {
      if ((await stat(this.packPath(digest)).catch(absent)) === undefined) {
        await rename(folder, this.#folderOf(digest))
        await syncDirectory(join(this.#directory, 'by-digest'))
      }
      const importedAtMs = this.#clock.nowMs()
      const older = (await this.#readPointer(name))?.versions ?? []
      const versions = older.filter((version) => version.digest !== digest)
      const pointer: Pointer = { versions: [...versions, { digest, importedAtMs }] }
      await replaceFile(this.#pointerPath(name), JSON.stringify(pointer))
      return this.#readImage(digest, importedAtMs)
    })
    this.#publishing = publishing.catch(() => {})
    return publishing
  }

  async #readImage(digest: Digest, importedAtMs: number): Promise<StoredImage> {
    const path = join(this.#folderOf(digest), 'manifest.json')
    try {
      const signed = signedManifestSchema.parse(JSON.parse(await readFile(path, 'utf8')))
      const manifest = imageManifestSchema.parse(JSON.parse(signed.manifest))
      return { image: describeImage(digest, manifest, Math.round(importedAtMs)), manifest, signed }
    } catch (error) {
      throw new StoredImageDamagedError(path, error)
    }
  }

  async #readPointer(name: string): Promise<Pointer | undefined> {
    if (!nameSchema.safeParse(name).success) return undefined
    const path = this.#pointerPath(name)
    const text = await readFile(path, 'utf8').catch(absent)
    if (text === undefined) return undefined
    try {
      return pointerSchema.parse(JSON.parse(text))
    } catch (error) {
      throw new StoredImageDamagedError(path, error)
    }
  }

  #pointerPath(name: string): string {
    return join(this.#directory, 'names', `${name}.json`)
  }

  #folderOf(digest: Digest): string {
    return join(this.#directory, 'by-digest', digestHex(digest))
  }
}

function describeImage(digest: Digest, manifest: ImageManifest, importedAtMs: number): Image {
  const { name, version, rawDigest, rawBytes, packBytes, chunks } = manifest
  const zeroChunks = chunks.filter((chunk) => chunk.kind === 'zero').length
  return {
    ...{ name, version, digest, rawDigest, rawBytes, packBytes },
    ...{ chunks: chunks.length, zeroChunks, importedAtMs },
  }
}

async function* abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const part of source) {
    signal?.throwIfAborted()
    yield part
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}
