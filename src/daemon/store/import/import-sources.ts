import type { ImportOrigin } from '../../../contract/import-provenance.ts'
import type { ImportOrder, ImportSource, ImportSources } from '../../domain/image/import-source.ts'
import { ImageChecksumRequiredError } from './errors.ts'
import { SniffedSource } from './sniffed-source.ts'

/** Bytes from elsewhere, and how that is called without any secret in it. */
export interface FetchedBytes {
  readonly origin: ImportOrigin
  readonly bytes: AsyncIterable<Uint8Array>
  /** Known once the answer has begun. */
  readonly sizeBytes: () => number | undefined
}

export interface ImportSourcesOptions {
  /** For files that have to be read out of order; made when it is needed. */
  readonly spoolDirectory: string
  /** Of what arrives, and of the disk inside. */
  readonly largestBytes: number
  /** Whether nothing is taken that nobody has vouched for. Default: no. */
  readonly requireChecksum?: boolean
  readonly fetchBytes: (url: string, order: ImportOrder) => FetchedBytes
}

/** The way in for everything that becomes an image. */
export function createImportSources(options: ImportSourcesOptions): ImportSources {
  return { open: (order) => openSource(order, options) }
}

/** @throws {ImageChecksumRequiredError} where one is demanded and none is given */
function openSource(order: ImportOrder, options: ImportSourcesOptions): ImportSource {
  const { from, checksum, rawChecksum } = order
  if (options.requireChecksum === true && (checksum ?? rawChecksum) === undefined) {
    throw new ImageChecksumRequiredError()
  }
  if (from.kind === 'url') {
    return new SniffedSource({ ...options, ...options.fetchBytes(from.url, order), order })
  }
  const { origin, bytes, sizeBytes } = from
  return new SniffedSource({ ...options, order, origin, bytes, sizeBytes: () => sizeBytes })
}
