import { growToDisk } from '../../protocol/gpt/change-gpt.ts'
import { encodeGpt } from '../../protocol/gpt/encode-gpt.ts'
import {
  entryArraySectors,
  type GptOutcome,
  type GptPartition,
  type GptTable,
} from '../../protocol/gpt/gpt-table.ts'
import { seedPartitionName } from '../tasks/plan-seed.ts'

/** The image that a disk becomes. */
export interface CapturedLayout {
  /** Ends with the backup table, right behind the last partition. */
  readonly rawBytes: number
  /** Without the seed: its secrets belong to the reference machine alone. */
  readonly partitions: readonly GptPartition[]
  /** Bytes of the image that stand in no partition: the two copies of its table. */
  readonly tables: readonly { readonly offset: number; readonly bytes: Uint8Array }[]
}

/** Everything up to the end of the last partition, with a table for a disk of just that size. */
export function planCapturedLayout(table: GptTable): GptOutcome<{ layout: CapturedLayout }> {
  const partitions = table.partitions.filter(({ name }) => name !== seedPartitionName)
  if (partitions.length === 0) return { ok: false, reason: 'it has no partition to capture' }
  const lastLba = Math.max(...partitions.map((partition) => partition.lastLba))
  const arraySectors = entryArraySectors(table.entryCount, table.sectorBytes)
  const cut = growToDisk({ ...table, partitions }, lastLba + 2 + arraySectors)
  if (!cut.ok) return cut
  const { primary, backup, backupOffsetBytes } = encodeGpt(cut.table)
  const rawBytes = cut.table.sectorCount * table.sectorBytes
  const tables = [
    { offset: 0, bytes: primary },
    { offset: backupOffsetBytes, bytes: backup },
  ]
  return { ok: true, layout: { rawBytes, partitions, tables } }
}

/** What lies between the tables and partitions: whatever it is, it belongs to no file. */
export function gapsOf({ rawBytes, partitions }: CapturedLayout, sectorBytes: number) {
  const gaps: { offset: number; length: number }[] = []
  let end = 0
  for (const partition of partitions.toSorted((a, b) => a.firstLba - b.firstLba)) {
    gaps.push({ offset: end, length: partition.firstLba * sectorBytes - end })
    end = (partition.lastLba + 1) * sectorBytes
  }
  gaps.push({ offset: end, length: rawBytes - end })
  return gaps.filter(({ length }) => length > 0)
}
