import type { CpuArch } from '../../../base/cpu-arch.ts'
import type { Digest } from '../../../base/digest.ts'
import type { Image } from '../../../contract/api-documents.ts'
import type { Scrubbed } from '../../../contract/image-documents.ts'
import type { ImageManifest, SignedManifest } from '../../../contract/image-manifest.ts'
import type { ImageVerity } from '../../../contract/image-verity.ts'
import type { ImportSource } from './import-source.ts'

export interface StoredImage {
  readonly image: Image
  readonly manifest: ImageManifest
  readonly signed: SignedManifest
}

/** Images at rest: immutable, by digest; a name points at the newest version. */
export interface ImageStore {
  /** The newest version of each name. */
  listImages(): Promise<readonly Image[]>
  /**
   * By `NAME` (newest), `NAME@VERSION` or digest; undefined when there is none. Whoever has just found
   * an image finds its bytes for a while yet, whatever is removed meanwhile.
   */
  findImage(reference: string): Promise<StoredImage | undefined>
}

/** Bytes in the store's own memory. */
export interface HeldBytes {
  readonly bytes: Uint8Array
  /** Gives the memory back; once, and only when nobody reads from it any more. */
  release(): void
}

/** Bytes in an open file of the store. */
export interface HeldFile {
  readonly descriptor: number
  /** Where in the file they begin. */
  readonly position: number
  readonly lengthBytes: number
  /** Gives the file back; once, and only when nobody reads from it any more. */
  release(): void
}

/** An image's stored chunks in disk order, one behind the other, as machines fetch them. */
export interface ImagePack {
  readonly packDigest: Digest
  readonly sizeBytes: number
  /**
   * Bytes from `offset` to the end of their chunk, checked against the manifest and shared with all who
   * want them at this time. Undefined where memory is short: read them into your own.
   */
  hold(offset: number): Promise<HeldBytes | undefined>
  /**
   * The same bytes where they lie on the disk, when they were checked there not long ago; otherwise
   * undefined: `hold` them.
   */
  holdFile(offset: number): Promise<HeldFile | undefined>
  /** Exactly `length` bytes from `offset`, into the start of `into`. */
  read(offset: number, length: number, into: Uint8Array): Promise<Uint8Array>
}

/** What machines fetch. */
export interface ImagePacks {
  /** Undefined when there is no such image, or it is in quarantine. */
  openPack(imageDigest: Digest): Promise<ImagePack | undefined>
}

export interface CollectRequest {
  /** Images that runs under way or machines need, whether or not a name still points at them. */
  readonly inUse: ReadonlySet<Digest>
  readonly dryRun: boolean
}

/** One image as one file, for where there is no network. */
export interface ImageArchive {
  readonly sizeBytes: number
  readonly bytes: AsyncIterable<Uint8Array>
}

/** What keeps a store of images in order. */
export interface ImageKeeping {
  /** Every version of the name, newest first. */
  listVersions(name: string): Promise<readonly Image[]>
  /** Takes versions off their name. Their bytes stay until they are collected. */
  forgetVersions(name: string, digests: readonly Digest[]): Promise<void>
  /** Removes images that have no name and are not in use, and chunks that no image has. */
  collect(request: CollectRequest): Promise<{
    readonly removed: readonly Image[]
    readonly freedBytes: number
    readonly storedBytes: number
  }>
  /** Reads stored chunks, of one image or all, and compares them with their digests. */
  scrub(imageDigest?: Digest, signal?: AbortSignal): Promise<Scrubbed>
}

export interface ImportRequest {
  readonly name: string
  readonly version: string
  /** Processor it is for; x86_64 where the importer is told nothing. */
  readonly arch?: CpuArch
  /** Logical sector size it was made for; by default as its partition table says, else 512. */
  readonly sectorBytes?: 512 | 4096
  /** Refused unless the image inside proves it. */
  readonly verity?: ImageVerity
  /** Who asks, as events record it. */
  readonly principal?: string
  readonly source: ImportSource
  readonly onProgress?: (rawBytes: number) => void
  readonly signal?: AbortSignal
}

/** An exported image, by this daemon or another. */
export interface ArchiveImportRequest {
  readonly bytes: AsyncIterable<Uint8Array>
  readonly principal?: string
  readonly onProgress?: (rawBytes: number) => void
  readonly signal?: AbortSignal
}

export interface ImageImporter {
  /** Resolves when image and manifest are on disk and visible under their name. */
  importImage(request: ImportRequest): Promise<StoredImage>
}

export interface ImageArchives {
  openArchive(image: StoredImage): ImageArchive
  importArchive(request: ArchiveImportRequest): Promise<StoredImage>
}
