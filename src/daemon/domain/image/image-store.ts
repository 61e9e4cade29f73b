import type { CpuArch } from '../../../base/cpu-arch.ts'
import type { Digest } from '../../../base/digest.ts'
import type { Image } from '../../../contract/api-documents.ts'
import type { ImageManifest, SignedManifest } from '../../../contract/image-manifest.ts'
import type { ImportSource } from './import-source.ts'

export interface StoredImage {
  readonly image: Image
  readonly manifest: ImageManifest
  readonly signed: SignedManifest
}

/** Images at rest: immutable, by digest; a name points at the newest version. */
export interface ImageStore {
  listImages(): Promise<readonly Image[]>
  /** By name (newest) or by digest; undefined when there is none. */
  findImage(nameOrDigest: string): Promise<StoredImage | undefined>
  /** Path of the pack file of that image, for serving. */
  packPath(imageDigest: Digest): string
  removeImage(name: string): Promise<boolean>
}

export interface ImportRequest {
  readonly name: string
  readonly version: string
  /** Processor it is for; x86_64 where the importer is told nothing. */
  readonly arch?: CpuArch
  /** Logical sector size it was made for; by default as its partition table says, else 512. */
  readonly sectorBytes?: 512 | 4096
  /** Who asks, as events record it. */
  readonly principal?: string
  readonly source: ImportSource
  readonly onProgress?: (rawBytes: number) => void
  readonly signal?: AbortSignal
}

export interface ImageImporter {
  /** Resolves when image and manifest are on disk and visible under their name. */
  importImage(request: ImportRequest): Promise<StoredImage>
}
