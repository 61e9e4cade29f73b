import type { ImportOrder } from '../../src/daemon/domain/image/import-source.ts'
import type { ImportSources } from '../../src/daemon/domain/image/import-source.ts'
import { digestOf } from '../../src/daemon/store/blobs/encode-chunk.ts'

/** `bytes` in parts of `size`, as a network delivers them. */
export async function* inParts(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    yield bytes.subarray(offset, offset + size)
  }
}

/** Imports an upload to its end and proves it, as a store does. */
export async function readImport(
  sources: ImportSources,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  order: Omit<ImportOrder, 'from'> & { readonly sizeBytes?: number } = {},
) {
  const { sizeBytes, ...wishes } = order
  const source = sources.open({
    ...wishes,
    from: {
      kind: 'upload',
      origin: { kind: 'stdin' },
      bytes: bytes instanceof Uint8Array ? inParts(bytes) : bytes,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    },
  })
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(Buffer.from(part))
  const raw = Buffer.concat(parts)
  return { raw, provenance: source.prove({ digest: digestOf(raw), bytes: raw.length }) }
}
