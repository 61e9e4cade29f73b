import type { Clock } from '../../../base/clock.ts'
import { type Digest, readDigest } from '../../../base/digest.ts'
import type { Image } from '../../../contract/api-documents.ts'
import { canonicalJson } from '../../../contract/canonical-json.ts'
import type { ImageManifest, SignedManifest } from '../../../contract/image-manifest.ts'
import type { ImageStore, StoredImage } from '../../domain/image/image-store.ts'
import type { ChunkStore } from './chunk-store.ts'
import { digestOf } from './encode-chunk.ts'
import type { ManifestFile, ManifestFolder } from './manifest-folder.ts'
import type { NamedVersion, NameFolder } from './name-folder.ts'
import type { SigningKey } from './signing-key.ts'

export interface ShelfParts {
  readonly chunks: ChunkStore
  readonly manifests: ManifestFolder
  readonly names: NameFolder
  readonly clock: Clock
  readonly signingKey: SigningKey
}

/** An image that somebody has just looked up is not collected: a run may be about to name it. */
const sparedMs = 15 * 60_000

/** Names, manifests and chunks together: what can be found, and the one place where it changes. */
export class ImageShelf implements ImageStore {
  readonly parts: ShelfParts
  readonly #foundAtMs = new Map<Digest, number>()
  #changes: Promise<unknown> = Promise.resolve()

  constructor(parts: ShelfParts) {
    this.parts = parts
  }

  /** How many names there are. */
  async countImages(): Promise<number> {
    return (await this.parts.names.list()).length
  }

  async listImages(): Promise<readonly Image[]> {
    const names = await this.parts.names.list()
    const found = await Promise.all(
      names.map(async (name) => (await this.parts.names.versions(name)).at(-1)),
    )
    return (await Promise.all(found.map((version) => this.#describe(version)))).flat()
  }

  /** Newest first. */
  async listVersions(name: string): Promise<readonly Image[]> {
    const versions = await this.parts.names.versions(name)
    return (await Promise.all(versions.toReversed().map((one) => this.#describe(one)))).flat()
  }

  async findImage(reference: string): Promise<StoredImage | undefined> {
    const digest = readDigest(reference)
    if (digest !== undefined) return this.#found(await this.peek(digest))
    const [name = '', ...rest] = reference.split('@')
    const versions = (await this.parts.names.versions(name)).toReversed()
    if (rest.length === 0) {
      const [newest] = versions
      return newest && this.#found(await this.#read(newest.digest, newest))
    }
    for (const candidate of versions) {
      const image = await this.#read(candidate.digest, candidate)
      if (image?.image.version === rest.join('@')) return this.#found(image)
    }
    return undefined
  }

  /** An image by its digest, looked at without being spared. */
  peek(digest: Digest): Promise<StoredImage | undefined> {
    return this.#read(digest)
  }

  #found(stored: StoredImage | undefined): StoredImage | undefined {
    if (stored !== undefined) this.spare(stored.image.digest)
    return stored
  }

  /** Somebody uses the image: it is spared for a while. */
  spare(digest: Digest): void {
    this.#foundAtMs.set(digest, this.parts.clock.monotonicMs())
  }

  isSpared(digest: Digest): boolean {
    const foundAtMs = this.#foundAtMs.get(digest)
    if (foundAtMs === undefined) return false
    if (this.parts.clock.monotonicMs() - foundAtMs < sparedMs) return true
    this.#foundAtMs.delete(digest)
    return false
  }

  /** Changes of names and manifests, and what must see them at rest, one after the other. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const change = this.#changes.then(work)
    this.#changes = change.catch(() => {})
    return change
  }

  /** Signs a manifest whose chunks are stored, and points its name at it. A quarantine ends with it. */
  publish(
    manifest: ImageManifest,
    about: Pick<NamedVersion, 'importedBy' | 'provenance' | 'signature'>,
  ): Promise<StoredImage> {
    const { manifests, names, clock } = this.parts
    const text = canonicalJson(manifest)
    const digest = digestOf(Buffer.from(text))
    return this.exclusively(async () => {
      await manifests.write(digest, this.sign(text))
      await manifests.release(digest)
      const version = { digest, importedAtMs: clock.nowMs(), ...about }
      await names.point(manifest.name, version)
      const stored = await this.#read(digest, version)
      if (stored === undefined) throw new Error(`${digest} is gone as soon as it is stored`)
      return stored
    })
  }

  /** Puts an image with damaged chunks into quarantine, and takes one without out of it. */
  async judge(
    { image }: StoredImage,
    damaged: readonly Digest[],
  ): Promise<'quarantined' | 'released' | 'unchanged'> {
    const [first] = damaged
    if (first === undefined) {
      if (image.state === 'ready') return 'unchanged'
      await this.parts.manifests.release(image.digest)
      return 'released'
    }
    if (image.state === 'quarantined') return 'unchanged'
    const reason = `${damaged.length} of ${image.chunks} chunks damaged, first ${first}`
    await this.parts.manifests.quarantine(image.digest, reason)
    return 'quarantined'
  }

  sign(text: string, key: SigningKey = this.parts.signingKey): SignedManifest {
    return { manifest: text, keyId: key.keyId, signature: key.sign(text) }
  }

  async #describe(version: NamedVersion | undefined): Promise<Image[]> {
    if (version === undefined) return []
    const file = await this.parts.manifests.read(version.digest)
    return file === undefined ? [] : [await this.#imageOf(version.digest, file, version)]
  }

  async #read(digest: Digest, version?: NamedVersion): Promise<StoredImage | undefined> {
    const file = await this.parts.manifests.read(digest)
    if (file === undefined) return undefined
    const { signed, manifest } = file
    const named = version ?? (await this.#versionOf(manifest.name, digest))
    return { signed, manifest, image: await this.#imageOf(digest, file, named) }
  }

  async #versionOf(name: string, digest: Digest): Promise<NamedVersion | undefined> {
    const versions = await this.parts.names.versions(name)
    return versions.find((version) => version.digest === digest)
  }

  async #imageOf(
    digest: Digest,
    { manifest, storedAtMs }: ManifestFile,
    version: NamedVersion | undefined,
  ): Promise<Image> {
    const { name, rawDigest, rawBytes, packBytes, chunks, verity } = manifest
    const quarantineReason = await this.parts.manifests.quarantineReason(digest)
    const { importedBy, provenance, signature = 'signed' } = version ?? {}
    return {
      ...{ name, version: manifest.version, digest, rawDigest, rawBytes, packBytes },
      chunks: chunks.length,
      zeroChunks: chunks.filter((chunk) => chunk.kind === 'zero').length,
      importedAtMs: version?.importedAtMs ?? storedAtMs,
      ...(quarantineReason === undefined
        ? { state: 'ready' }
        : { state: 'quarantined', quarantineReason }),
      signature,
      ...(importedBy === undefined ? {} : { importedBy }),
      ...(provenance === undefined ? {} : { provenance }),
      ...(verity === undefined ? {} : { verity }),
    }
  }
}
