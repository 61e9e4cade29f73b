import { createHash } from 'node:crypto'

import { type Digest, digestFromBytes } from '../../../base/digest.ts'
import type { ImportProvenance } from '../../../contract/import-provenance.ts'
import type { ImportOrder, ImportSource, ImportSources } from '../../domain/image/import-source.ts'
import { rawStream } from './raw-stream.ts'

/** The way in for everything that becomes an image. */
export function createImportSources(): ImportSources {
  return { open: (order) => new SniffedSource(order) }
}

class SniffedSource implements ImportSource {
  readonly #order: ImportOrder
  #source: { readonly digest: Digest; readonly bytes: number } | undefined

  constructor(order: ImportOrder) {
    this.#order = order
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return rawStream(this.#arriving())
  }

  prove(): ImportProvenance {
    if (this.#source === undefined) throw new Error('the source has not been read to its end')
    const { from } = this.#order
    return {
      origin: from.kind === 'url' ? { kind: 'url', url: from.url } : from.origin,
      formats: ['raw'],
      sourceDigest: this.#source.digest,
      sourceBytes: this.#source.bytes,
      checksum: { kind: 'not-given' },
      rawChecksum: { kind: 'not-given' },
      paddedBytes: 0,
    }
  }

  async *#arriving(): AsyncGenerator<Uint8Array> {
    const { from } = this.#order
    if (from.kind === 'url') throw new Error('addresses are not fetched yet')
    const hash = createHash('sha256')
    let bytes = 0
    for await (const part of from.bytes) {
      hash.update(part)
      bytes += part.length
      yield part
    }
    this.#source = { digest: digestFromBytes(hash.digest()), bytes }
  }
}
