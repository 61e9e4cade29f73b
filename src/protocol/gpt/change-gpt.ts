import {
  entryArraySectors,
  type GptOutcome,
  type GptPartition,
  type GptTable,
} from './gpt-table.ts'

/** The same partitions on a disk of another size: the backup copy moves to the new end. */
export function growToDisk(table: GptTable, sectorCount: number): GptOutcome<{ table: GptTable }> {
  const arraySectors = entryArraySectors(table.entryCount, table.sectorBytes)
  const lastUsableLba = sectorCount - 2 - arraySectors
  const lastUsedLba = Math.max(0, ...table.partitions.map((partition) => partition.lastLba))
  if (lastUsableLba < Math.max(lastUsedLba, table.firstUsableLba)) {
    return { ok: false, reason: `the partitions do not fit a disk of ${sectorCount} sectors` }
  }
  return { ok: true, table: { ...table, sectorCount, lastUsableLba } }
}

export interface NewGptPartition {
  readonly typeGuid: string
  readonly partitionGuid: string
  readonly name: string
  readonly sectors: number
  /** Its first sector is a multiple of this; default 1 MiB. */
  readonly alignSectors?: number
}

/**
 * Adds a partition as late on the disk as it goes, behind every other one, so that the partition
 * before it can still grow. It takes the lowest number above those in use.
 */
export function addPartitionAtEnd(
  table: GptTable,
  wanted: NewGptPartition,
): GptOutcome<{ table: GptTable; partition: GptPartition }> {
  const align = wanted.alignSectors ?? Math.max(1, (1024 * 1024) / table.sectorBytes)
  const lastUsedLba = Math.max(
    table.firstUsableLba - 1,
    ...table.partitions.map((partition) => partition.lastLba),
  )
  const number = Math.max(0, ...table.partitions.map((partition) => partition.number)) + 1
  if (number > table.entryCount) return { ok: false, reason: 'no free place in the table' }
  const firstLba = Math.floor((table.lastUsableLba + 1 - wanted.sectors) / align) * align
  if (firstLba <= lastUsedLba) {
    return {
      ok: false,
      reason: `no room for ${wanted.sectors} sectors after sector ${lastUsedLba}`,
    }
  }
  const { typeGuid, partitionGuid, name } = wanted
  const lastLba = firstLba + wanted.sectors - 1
  const partition = { number, typeGuid, partitionGuid, firstLba, lastLba, attributes: 0n, name }
  return { ok: true, table: { ...table, partitions: [...table.partitions, partition] }, partition }
}
