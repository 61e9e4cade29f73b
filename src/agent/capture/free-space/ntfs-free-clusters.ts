import type { ByteRange } from '../../block-writer/write-plan.ts'

/**
 * Free space of NTFS from its boot sector and its `$Bitmap` (file record 6): one bit a cluster, the
 * lowest bit first, set where the cluster is used.
 *
 * @returns bytes counted from the start of the file system; undefined when the boot sector makes no sense
 */
export function readNtfsFreeClusters(
  bootSector: Uint8Array,
  bitmap: Uint8Array,
): ByteRange[] | undefined {
  if (bootSector.length < 512) return undefined
  const view = new DataView(bootSector.buffer, bootSector.byteOffset, bootSector.length)
  const sectorBytes = view.getUint16(11, true)
  const clusterBytes = sectorBytes * sectorsPerCluster(view.getInt8(13))
  const clusters = Math.floor((Number(view.getBigUint64(40, true)) * sectorBytes) / clusterBytes)
  if (!Number.isSafeInteger(clusters) || clusters < 1 || bitmap.length * 8 < clusters) {
    return undefined
  }
  const ranges: ByteRange[] = []
  let freeFrom: number | undefined
  for (let cluster = 0; cluster <= clusters; cluster++) {
    const isUsed = cluster === clusters || ((bitmap[cluster >> 3] ?? 0xff) >> (cluster & 7)) & 1
    if (!isUsed) freeFrom ??= cluster
    else if (freeFrom !== undefined) {
      ranges.push({ offset: freeFrom * clusterBytes, length: (cluster - freeFrom) * clusterBytes })
      freeFrom = undefined
    }
  }
  return ranges
}

/** Values above 128 stand for powers of two: 0xf4 is 2^12 sectors. */
function sectorsPerCluster(stored: number): number {
  return stored < 0 ? 2 ** -stored : stored
}
