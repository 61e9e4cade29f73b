/**
 * Entries of the two tables of a qcow2 file. Source: QEMU, docs/interop/qcow2.txt, "Cluster mapping".
 * Every bit that has to be zero is checked, and every place has to lie inside the file.
 */

/** Where the table of one L1 entry is. */
export type L1Entry =
  | { readonly kind: 'absent' }
  | { readonly kind: 'table'; readonly offset: number }
  | { readonly kind: 'refused'; readonly reason: string }

/** What one cluster of the disk is. */
export type L2Entry =
  | { readonly kind: 'zero' }
  | { readonly kind: 'data'; readonly offset: number }
  /** `bytes` may reach beyond the compressed data, never beyond the file. */
  | { readonly kind: 'compressed'; readonly offset: number; readonly bytes: number }
  | { readonly kind: 'refused'; readonly reason: string }

export interface Qcow2Layout {
  readonly version: 2 | 3
  readonly clusterBits: number
  readonly fileBytes: number
}

const zero = { kind: 'zero' } as const

/** The L1 entry at `offset` of `table`: bit 63 refcount is one, bits 9–55 offset, the rest zero. */
export function readL1Entry(table: DataView, offset: number, layout: Qcow2Layout): L1Entry {
  const high = table.getUint32(offset)
  const low = table.getUint32(offset + 4)
  const place = placeOf(high, low)
  if ((high & 0x7f00_0000) !== 0 || (low & 0x1ff) !== 0)
    return refuse('an L1 entry has reserved bits')
  if (place === 0) return { kind: 'absent' }
  if (place % clusterBytesOf(layout) !== 0 || place + clusterBytesOf(layout) > layout.fileBytes) {
    return refuse(`an L2 table lies at ${place}, outside the file`)
  }
  return { kind: 'table', offset: place }
}

/** The L2 entry at `offset` of `table`: bit 62 compressed, bit 63 refcount is one. */
export function readL2Entry(table: DataView, offset: number, layout: Qcow2Layout): L2Entry {
  const high = table.getUint32(offset)
  const low = table.getUint32(offset + 4)
  if (high === 0 && low === 0) return zero
  if ((high & 0x4000_0000) !== 0) return readCompressed(high & 0x3fff_ffff, low, layout)
  const zeroFlag = low & 1
  if (
    (high & 0x3f00_0000) !== 0 ||
    (low & 0x1fe) !== 0 ||
    (zeroFlag === 1 && layout.version === 2)
  ) {
    return refuse('an L2 entry has reserved bits')
  }
  const place = placeOf(high, low)
  if (zeroFlag === 1 || place === 0) return zero
  // The last cluster of a file may be cut short: what is missing is zeros.
  if (place % clusterBytesOf(layout) !== 0 || place >= layout.fileBytes) {
    return refuse(`a cluster lies at ${place}, outside the file`)
  }
  return { kind: 'data', offset: place }
}

/**
 * Bits 0 to x-1 are the offset, the rest how many further 512-byte sectors the data touches;
 * x = 62 - (cluster bits - 8).
 */
function readCompressed(
  high: number,
  low: number,
  { clusterBits, fileBytes }: Qcow2Layout,
): L2Entry {
  const highBits = 62 - (clusterBits - 8) - 32
  const offset = (high % 2 ** highBits) * 2 ** 32 + low
  const sectors = Math.floor(high / 2 ** highBits) + 1
  const end = Math.min(Math.floor(offset / 512) * 512 + sectors * 512, fileBytes)
  if (offset === 0 || offset >= end)
    return refuse(`compressed data lies at ${offset}, outside the file`)
  return { kind: 'compressed', offset, bytes: end - offset }
}

/** Bits 9 to 55. */
function placeOf(high: number, low: number): number {
  return (high & 0x00ff_ffff) * 2 ** 32 + (low >>> 9) * 512
}

function clusterBytesOf({ clusterBits }: Qcow2Layout): number {
  return 2 ** clusterBits
}

function refuse(reason: string): { readonly kind: 'refused'; readonly reason: string } {
  return { kind: 'refused', reason }
}
