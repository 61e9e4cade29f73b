import type { ImportFormat } from '../../../../contract/import-provenance.ts'
import { decodeWithChild } from './child-decoder.ts'
import { decodeWithNode } from './node-decoder.ts'

export const packings = ['gzip', 'zstd', 'xz', 'bzip2'] as const
export type Packing = (typeof packings)[number]

export function isPacking(format: ImportFormat): format is Packing {
  return (packings as readonly ImportFormat[]).includes(format)
}

/** What is inside a packed stream. Fails when that is not whole; memory stays bounded. */
export function unpack(
  source: AsyncIterable<Uint8Array>,
  packing: Packing,
): AsyncIterable<Uint8Array> {
  return packing === 'gzip' || packing === 'zstd'
    ? decodeWithNode(source, packing)
    : decodeWithChild(source, packing)
}
