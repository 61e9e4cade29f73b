import type { Image } from '../../../contract/api-documents.ts'
import type {
  Collected,
  ImageDiff,
  ImageVersion,
  Scrubbed,
} from '../../../contract/image-documents.ts'
import type { ArchiveImportRequest, ImageArchive, ImageStore, StoredImage } from './image-store.ts'

/** What people ask of the images; everything that changes them is an event. */
export interface ImageDesk extends ImageStore {
  /** Newest first, each with the machines that are proven to hold it. */
  history(name: string): Promise<readonly ImageVersion[]>
  diff(from: StoredImage, to: StoredImage): ImageDiff
  importArchive(request: ArchiveImportRequest): Promise<StoredImage>
  openArchive(image: StoredImage): ImageArchive
  /**
   * Takes every version off its name where the reference is one, else the one that is meant. Their
   * bytes stay until they are collected. Undefined when there is no such image.
   */
  remove(reference: string, principal: string): Promise<readonly Image[] | undefined>
  /** Removes bytes that nothing needs: images without a name that no run is about to write. */
  collect(dryRun: boolean, principal: string): Promise<Collected>
  /** Reads what is stored, of one image or of all, and compares it with its digests. */
  scrub(image: Image | undefined, principal: string, signal?: AbortSignal): Promise<Scrubbed>
}
