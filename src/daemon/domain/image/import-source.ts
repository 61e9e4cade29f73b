import type {
  ImportFormat,
  ImportOrigin,
  ImportProvenance,
} from '../../../contract/import-provenance.ts'

/** The raw disk inside whatever came, and what it was made from. Ends only when all of it is proven. */
export interface ImportSource extends AsyncIterable<Uint8Array> {
  /** Known once the bytes have been read to their end. @throws {Error} before */
  provenance(): ImportProvenance
}

/** Bytes that arrive, or an address to fetch them from. */
export type ImportFrom =
  | {
      readonly kind: 'upload'
      readonly origin: Exclude<ImportOrigin, { kind: 'url' }>
      readonly bytes: AsyncIterable<Uint8Array>
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
}

/** The way from an order to a raw disk. */
export interface ImportSources {
  open(order: ImportOrder): ImportSource
}
