import type { ImportProvenance } from '../../src/contract/import-provenance.ts'
import type { ImportSource } from '../../src/daemon/domain/image/import-source.ts'
import { digestOf } from '../../src/daemon/store/blobs/encode-chunk.ts'

/** What an import from a plain file called `disk.raw` leaves; its digest is of nothing. */
export const sampleProvenance: ImportProvenance = {
  origin: { kind: 'file', name: 'disk.raw' },
  formats: ['raw'],
  sourceDigest: digestOf(new Uint8Array(0)),
  sourceBytes: 0,
  checksum: { kind: 'not-given' },
  rawChecksum: { kind: 'not-given' },
  paddedBytes: 0,
}

/** Raw bytes as an import source, for tests of what comes behind it. */
export function rawSource(
  bytes: AsyncIterable<Uint8Array>,
  provenance = sampleProvenance,
): ImportSource {
  return {
    [Symbol.asyncIterator]: () => bytes[Symbol.asyncIterator](),
    prove: () => provenance,
  }
}
