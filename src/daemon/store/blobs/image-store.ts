import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock } from '../../../base/clock.ts'
import type { Digest } from '../../../base/digest.ts'
import type { Image } from '../../../contract/api-documents.ts'
import type {
  ArchiveImportRequest,
  CollectRequest,
  ImageArchives,
  ImageImporter,
  ImageKeeping,
  ImagePack,
  ImagePacks,
  ImageStore,
  ImportRequest,
  StoredImage,
} from '../../domain/image/image-store.ts'
import { adoptPacks } from './adopt-packs.ts'
import { ChunkStore } from './chunk-store.ts'
import { collectImages } from './collect-images.ts'
import { importArchive, openArchive } from './image-archive.ts'
import { ImageShelf } from './image-shelf.ts'
import type { SpaceLimits } from './image-space.ts'
import type { DraftFolder } from './import-draft.ts'
import { importImage } from './import-images.ts'
import { judgeSignatures, type SignaturePolicy } from './judge-signature.ts'
import { ManifestFolder } from './manifest-folder.ts'
import { NameFolder } from './name-folder.ts'
import { PackLayout } from './pack-layout.ts'
import { quarantineChunk, scrubImages } from './scrub-images.ts'
import { ServedPacks } from './served-packs.ts'
import type { SigningKey } from './signing-key.ts'

export interface ImageStoreOptions {
  /** `packs/`, `by-digest/`, `names/` and `incoming/` lie in it. */
  readonly directory: string
  readonly signingKey: SigningKey
  readonly clock: Clock
  readonly limits?: SpaceLimits
  /** Whose exported images are taken. Default: nobody's but our own. */
  readonly signatures?: SignaturePolicy
  /** Told of images that went into quarantine because a machine asked for what is damaged. */
  readonly onQuarantined?: (images: readonly Image[]) => void
  /** Memory for chunks that machines want at the time. Default 64 MiB. */
  readonly cacheBytes?: number
}

export type OpenImageStore = ImageStore &
  ImagePacks &
  ImageKeeping &
  ImageArchives &
  ImageImporter & {
    /** How many names images have. */
    countImages(): Promise<number>
    /**
     * Signs every manifest anew with `key`, then lets it take over; nothing is published meanwhile.
     *
     * @returns how many
     */
    signAll(key: SigningKey, takeOver: () => Promise<void>): Promise<number>
  }

/** Images whose layout is remembered; machines take them in many small ranges. */
const mostLayouts = 64

/**
 * Opens the folder of images and sweeps what an interrupted import has left. Visible are only whole
 * images: chunks and manifest are on disk before a name points at them.
 */
export async function openImageStore(options: ImageStoreOptions): Promise<OpenImageStore> {
  const { directory, signingKey, clock } = options
  const folder = (name: string) => join(directory, name)
  await rm(folder('incoming'), { recursive: true, force: true })
  for (const name of ['by-digest', 'names', 'incoming']) {
    await mkdir(folder(name), { recursive: true })
  }
  await sweepRemoved(folder('by-digest'))
  const chunks = await ChunkStore.open(folder('packs'))
  const manifests = new ManifestFolder(folder('by-digest'))
  await adoptPacks(folder('by-digest'), folder('incoming'), manifests, chunks)
  const names = new NameFolder(folder('names'))
  const shelf = new ImageShelf({ chunks, manifests, names, clock, signingKey })
  return new FolderImageStore(options, shelf, folder('incoming'))
}

async function sweepRemoved(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith('.removed')) await rm(join(folder, name), { recursive: true })
  }
}

class FolderImageStore implements OpenImageStore {
  readonly #shelf: ImageShelf
  readonly #drafts: DraftFolder
  readonly #options: ImageStoreOptions
  readonly #served: ServedPacks
  readonly #layouts = new Map<Digest, PackLayout>()

  constructor(options: ImageStoreOptions, shelf: ImageShelf, draftFolder: string) {
    const { chunks } = shelf.parts
    this.#options = options
    this.#shelf = shelf
    this.#drafts = { chunks, draftFolder, ...options.limits }
    const { clock, cacheBytes } = options
    this.#served = new ServedPacks({
      ...{ chunks, clock },
      ...(cacheBytes === undefined ? {} : { cacheBytes }),
      onDamaged: (digest) => this.#quarantine(digest),
    })
  }

  countImages() {
    return this.#shelf.countImages()
  }

  listImages() {
    return this.#shelf.listImages()
  }

  listVersions(name: string) {
    return this.#shelf.listVersions(name)
  }

  findImage(reference: string) {
    return this.#shelf.findImage(reference)
  }

  async openPack(imageDigest: Digest): Promise<ImagePack | undefined> {
    const layout = this.#layouts.get(imageDigest) ?? (await this.#readLayout(imageDigest))
    if (layout === undefined) return undefined
    this.#shelf.spare(imageDigest)
    return this.#served.open(layout)
  }

  forgetVersions(name: string, digests: readonly Digest[]): Promise<void> {
    return this.#shelf.exclusively(() => this.#shelf.parts.names.forget(name, digests))
  }

  async collect(request: CollectRequest) {
    const collected = await collectImages(this.#shelf, this.#drafts.draftFolder, request)
    this.#layouts.clear()
    return collected
  }

  async scrub(imageDigest?: Digest, signal?: AbortSignal) {
    const scrubbed = await scrubImages(this.#shelf, imageDigest, signal)
    this.#layouts.clear()
    return scrubbed
  }

  openArchive(image: StoredImage) {
    return openArchive(this.#shelf.parts.chunks, image)
  }

  importImage(request: ImportRequest): Promise<StoredImage> {
    return importImage(this.#shelf, this.#drafts, request)
  }

  importArchive(request: ArchiveImportRequest): Promise<StoredImage> {
    const { signatures, signingKey } = this.#options
    const { trustedKeys = [], allowUnsigned = false } = signatures ?? {}
    const judge = judgeSignatures({
      trustedKeys: [...trustedKeys, signingKey.publicKeyBase64],
      allowUnsigned,
    })
    return importArchive(this.#shelf, this.#drafts, request, judge)
  }

  signAll(key: SigningKey, takeOver: () => Promise<void>): Promise<number> {
    const { manifests } = this.#shelf.parts
    return this.#shelf.exclusively(async () => {
      let count = 0
      for (const digest of await manifests.list()) {
        const file = await manifests.read(digest)
        if (file === undefined) continue
        await manifests.write(digest, this.#shelf.sign(file.signed.manifest, key))
        count++
      }
      await takeOver()
      return count
    })
  }

  async #readLayout(imageDigest: Digest): Promise<PackLayout | undefined> {
    const found = await this.#shelf.findImage(imageDigest)
    if (found === undefined || found.image.state === 'quarantined') return undefined
    if (this.#layouts.size >= mostLayouts) this.#layouts.clear()
    const layout = new PackLayout(found.manifest)
    this.#layouts.set(imageDigest, layout)
    return layout
  }

  /** Runs beside the transfer that came upon the damage, which fails by itself. */
  #quarantine(storedDigest: Digest): void {
    this.#shelf
      .exclusively(async () => {
        const images = await quarantineChunk(this.#shelf, storedDigest)
        this.#layouts.clear()
        this.#options.onQuarantined?.(images)
      })
      // The next scrub comes upon it again.
      .catch(() => {})
  }
}
