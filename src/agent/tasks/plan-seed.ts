import { createHash } from 'node:crypto'

import { MEBIBYTE } from '../../base/byte-size.ts'
import type { Disk } from '../../contract/machine.ts'
import { earliestSeedOffset } from '../../contract/seed.ts'
import { addPartitionAtEnd, growToDisk } from '../../protocol/gpt/change-gpt.ts'
import { decodeGpt } from '../../protocol/gpt/decode-gpt.ts'
import { encodeGpt } from '../../protocol/gpt/encode-gpt.ts'
import {
  entryArraySectors,
  type GptOutcome,
  gptPartitionTypes,
  type GptTable,
} from '../../protocol/gpt/gpt-table.ts'
import { guidFromBytes } from '../../protocol/gpt/guid.ts'

export const seedPartitionName = 'repave-seed'

export interface SeedWrite {
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface SeedRequest {
  /** The first MiB of the disk. */
  readonly start: Uint8Array
  readonly disk: Pick<Disk, 'sizeBytes' | 'logicalSectorBytes'>
  readonly imageBytes: number
  readonly volume: Uint8Array
}

/**
 * What to write where, and the table that the disk then has. In this order: the volume, the table's backup at the disk's end, then the
 * table itself, so that a table never names what is not there yet.
 */
export function planSeed(
  request: SeedRequest,
): GptOutcome<{ writes: SeedWrite[]; table: GptTable; volumeOffset: number }> {
  const { start, disk, imageBytes, volume } = request
  const sectorBytes = disk.logicalSectorBytes
  const decoded = decodeGpt(start, sectorBytes)
  if (!decoded.ok) return decoded
  const withoutSeed = decoded.table.partitions.filter(({ name }) => name !== seedPartitionName)
  const table = { ...decoded.table, partitions: withoutSeed }
  const grown = growToDisk(table, disk.sizeBytes / sectorBytes)
  if (!grown.ok) return grown
  const added = addPartitionAtEnd(grown.table, {
    typeGuid: gptPartitionTypes.microsoftBasicData,
    partitionGuid: seedPartitionGuid(table.diskGuid),
    name: seedPartitionName,
    sectors: volume.length / sectorBytes,
    alignSectors: MEBIBYTE / sectorBytes,
  })
  if (!added.ok) return added
  const { partition } = added
  const volumeOffset = partition.firstLba * sectorBytes
  if (volumeOffset < earliestSeedOffset(imageBytes)) {
    return { ok: false, reason: 'the image reaches to the end of the disk' }
  }
  const { primary, backup, backupOffsetBytes } = encodeGpt(added.table)
  const writes = [
    { offset: volumeOffset, bytes: volume },
    { offset: backupOffsetBytes, bytes: backup },
    ...clearStrandedBackup(decoded.table, added.table),
    { offset: 0, bytes: primary },
  ]
  return { ok: true, writes, table: added.table, volumeOffset }
}

/** The image's own backup table, stranded in what is free space now: a tool that searches would find it. */
function clearStrandedBackup(image: GptTable, disk: GptTable): SeedWrite[] {
  if (image.sectorCount === disk.sectorCount) return []
  const lastLba = image.sectorCount - 1
  const firstLba = lastLba - entryArraySectors(image.entryCount, image.sectorBytes)
  const taken = disk.partitions.some(
    (partition) => partition.firstLba <= lastLba && partition.lastLba >= firstLba,
  )
  if (taken || lastLba > disk.lastUsableLba) return []
  const bytes = new Uint8Array((lastLba - firstLba + 1) * disk.sectorBytes)
  return [{ offset: firstLba * disk.sectorBytes, bytes }]
}

/** The same on the same disk, so that doing it twice gives the same bytes. A version 8 UUID (RFC 9562 §5.8). */
function seedPartitionGuid(diskGuid: string): string {
  const bytes = createHash('sha256')
    .update(`${seedPartitionName} ${diskGuid}`)
    .digest()
    .subarray(0, 16)
  // The first three fields lie little-endian, so the version is in byte 7.
  bytes[7] = ((bytes[7] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return guidFromBytes(bytes)
}
