import type { Digest } from '../../../base/digest.ts'
import type {
  ImportFormat,
  ImportOrigin,
  ImportProvenance,
} from '../../../contract/import-provenance.ts'

/** What was read of a source, as measured by whoever read it. */
export interface ReadRawDisk {
  readonly digest: Digest
  readonly bytes: number
}

/**
 * The raw disk inside whatever came. Its parts are never written to again, and may be the same
 * memory (zeros).
 */
export interface ImportSource extends AsyncIterable<Uint8Array> {
  /**
   * Says what the disk was made from, after it has been read to its end and before anybody may see
   * it: only here it is known whether the bytes are those that somebody vouched for.
   *
   * @throws {Error} when a checksum does not match, or the source was not read to its end
   */
  prove(raw: ReadRawDisk): ImportProvenance
}

/** Bytes that arrive, or an address to fetch them from. */
export type ImportFrom =
  | {
      readonly kind: 'upload'
      readonly origin: Exclude<ImportOrigin, { kind: 'url' }>
      readonly bytes: AsyncIterable<Uint8Array>
      /** How many there will be, where that is known. */
      readonly sizeBytes?: number
    }
  | { readonly kind: 'url'; readonly url: string }

/** What somebody wants imported, and what must be true of it. */
export interface ImportOrder {
  readonly from: ImportFrom
  /** What the outermost format must be; by default whatever the content turns out to be. */
  readonly format?: ImportFormat
  /** The bytes are the disk, whatever they look like. */
  readonly opaque?: boolean
  /** Logical sector size that the image was made for; by default as its partition table says. */
  readonly sectorBytes?: 512 | 4096
  /** `sha256:…` or `sha512:…` of the bytes as they come. */
  readonly checksum?: string
  /** `sha256:…` or `sha512:…` of the raw disk inside. */
  readonly rawChecksum?: string
  readonly signal?: AbortSignal
  /** Told what has arrived so far, and how much there will be where that is known. */
  readonly onArrival?: (sourceBytes: number, totalBytes?: number) => void
}

/** The way from an order to a raw disk. */
export interface ImportSources {
  open(order: ImportOrder): ImportSource
}
