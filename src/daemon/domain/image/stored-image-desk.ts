import type { Clock } from '../../../base/clock.ts'
import type { Digest } from '../../../base/digest.ts'
import type { Image } from '../../../contract/api-documents.ts'
import type {
  Collected,
  ImageDiff,
  ImageVersion,
  Scrubbed,
} from '../../../contract/image-documents.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import type { EventSink } from '../event/event-sink.ts'
import { diffImages } from './diff-images.ts'
import type { ImageDesk } from './image-desk.ts'
import { type ImageAction, imageEvent, importFailedEvent, interrupted } from './image-event.ts'
import type {
  ArchiveImportRequest,
  ImageArchive,
  ImageArchives,
  ImageImporter,
  ImageKeeping,
  ImageStore,
  ImportRequest,
  StoredImage,
} from './image-store.ts'

export interface StoredImageDeskOptions {
  readonly store: ImageStore & ImageKeeping & ImageArchives & ImageImporter
  readonly runs: { listUnfinished(): Promise<readonly Run[]> }
  readonly machines: { listMachines(): Promise<readonly Machine[]> }
  readonly events: EventSink
  readonly clock: Clock
}

/** The desk in front of a store: adds events, and what runs and machines have to do with images. */
export class StoredImageDesk implements ImageDesk, ImageImporter {
  readonly #options: StoredImageDeskOptions

  constructor(options: StoredImageDeskOptions) {
    this.#options = options
  }

  listImages(): Promise<readonly Image[]> {
    return this.#options.store.listImages()
  }

  findImage(reference: string): Promise<StoredImage | undefined> {
    return this.#options.store.findImage(reference)
  }

  async history(name: string): Promise<readonly ImageVersion[]> {
    const versions = await this.#options.store.listVersions(name)
    const holders = await this.#holders()
    return versions.map((image) => ({ ...image, deployedOn: holders.get(image.digest) ?? [] }))
  }

  diff(from: StoredImage, to: StoredImage): ImageDiff {
    return diffImages(from, to)
  }

  async importImage(request: ImportRequest): Promise<StoredImage> {
    const { name, version, principal = 'daemon', signal } = request
    try {
      return this.#imported(await this.#options.store.importImage(request), principal)
    } catch (error) {
      const { events, clock } = this.#options
      const failure = signal?.aborted === true ? interrupted : error
      const failed = { name, version, principal, error: failure }
      events.record(importFailedEvent(failed, clock.nowMs()))
      throw error
    }
  }

  async importArchive(request: ArchiveImportRequest): Promise<StoredImage> {
    return this.#imported(await this.#options.store.importArchive(request), request.principal)
  }

  openArchive(image: StoredImage): ImageArchive {
    return this.#options.store.openArchive(image)
  }

  async remove(reference: string, principal: string): Promise<readonly Image[] | undefined> {
    const { store } = this.#options
    const found = await store.findImage(reference)
    if (found === undefined) return undefined
    const { name } = found.image
    const removed = reference === name ? await store.listVersions(name) : [found.image]
    await store.forgetVersions(
      name,
      removed.map(({ digest }) => digest),
    )
    for (const image of removed) this.#record('removed', image, principal)
    return removed
  }

  async collect(dryRun: boolean, principal: string): Promise<Collected> {
    const inUse = new Set<Digest>()
    for (const { imageDigest } of await this.#options.runs.listUnfinished()) {
      if (imageDigest !== undefined) inUse.add(imageDigest)
    }
    const { removed, ...sizes } = await this.#options.store.collect({ inUse, dryRun })
    if (!dryRun) for (const image of removed) this.#record('collected', image, principal)
    const removedImages = removed.map(({ name, version, digest }) => ({ name, version, digest }))
    return { dryRun, removedImages, ...sizes }
  }

  async scrub(
    image: Image | undefined,
    principal: string,
    signal?: AbortSignal,
  ): Promise<Scrubbed> {
    const scrubbed = await this.#options.store.scrub(image?.digest, signal)
    for (const reference of scrubbed.quarantined) {
      const found = await this.#options.store.findImage(reference)
      if (found !== undefined) this.#record('quarantined', found.image, principal)
    }
    for (const reference of scrubbed.released) {
      const found = await this.#options.store.findImage(reference)
      if (found !== undefined) this.#record('released', found.image, principal)
    }
    return scrubbed
  }

  #imported(stored: StoredImage, principal = 'daemon'): StoredImage {
    this.#record('imported', stored.image, principal)
    return stored
  }

  async #holders(): Promise<ReadonlyMap<Digest, string[]>> {
    const holders = new Map<Digest, string[]>()
    for (const { name, imageDigest } of await this.#options.machines.listMachines()) {
      if (imageDigest === undefined) continue
      holders.set(imageDigest, [...(holders.get(imageDigest) ?? []), name])
    }
    return holders
  }

  #record(action: ImageAction, image: Image, principal: string): void {
    const { events, clock } = this.#options
    events.record(imageEvent(action, image, principal, clock.nowMs()))
  }
}
