import { DeviceEnds, headWindowBytes, tailWindowBytes } from './device-bytes.ts'
import type { DiskSignature } from './disk-signature.ts'
import {
  decodeExtendedBootRecord,
  decodePartitions,
  type PartitionEntries,
  type PartitionEntry,
} from './partition-entries.ts'
import { signatureOfType } from './partition-types.ts'
import { probeSignatures } from './probe-signatures.ts'

/** A disk that can be read anywhere. */
export interface ReadableDisk {
  readonly sizeBytes: number
  readonly sectorBytes: number
  /** Exactly `length` bytes; both numbers are multiples of the sector, unless the disk ends within. */
  read(offset: number, length: number): Promise<Uint8Array>
}

export interface ProbedPartition extends PartitionEntry {
  readonly signatures: readonly DiskSignature[]
}

export interface ProbedDisk {
  readonly table: PartitionEntries['table']
  readonly diskGuid?: string
  /** On the disk as a whole, outside of any partition. */
  readonly signatures: readonly DiskSignature[]
  readonly partitions: readonly ProbedPartition[]
}

/** What is on a disk and on each of its partitions. @throws what `read` throws */
export async function probeDisk(disk: ReadableDisk): Promise<ProbedDisk> {
  const whole = await readEnds(disk, 0, disk.sizeBytes)
  const entries = decodePartitions(whole, disk.sectorBytes)
  const logical = await readLogicalPartitions(disk, entries)
  const partitions: ProbedPartition[] = []
  for (const entry of [...entries.partitions, ...logical]) {
    partitions.push({ ...entry, signatures: await probePartition(disk, entry) })
  }
  const { table, diskGuid } = entries
  const signatures = probeSignatures(whole)
  return { table, signatures, partitions, ...(diskGuid === undefined ? {} : { diskGuid }) }
}

async function probePartition(disk: ReadableDisk, entry: PartitionEntry): Promise<DiskSignature[]> {
  const byType = signatureOfType(entry.type)
  const sizeBytes = Math.min(entry.sizeBytes, disk.sizeBytes - entry.offsetBytes)
  if (sizeBytes <= 0) return byType
  const found = probeSignatures(await readEnds(disk, entry.offsetBytes, sizeBytes))
  return [...byType, ...found]
}

async function readEnds(
  disk: ReadableDisk,
  offset: number,
  sizeBytes: number,
): Promise<DeviceEnds> {
  const whole = Math.floor(sizeBytes / disk.sectorBytes) * disk.sectorBytes
  const headBytes = Math.min(whole, headWindowBytes)
  const tailBytes = Math.min(whole - headBytes, tailWindowBytes)
  const head = await disk.read(offset, headBytes)
  const tail =
    tailBytes === 0
      ? head.subarray(head.length)
      : await disk.read(offset + whole - tailBytes, tailBytes)
  return new DeviceEnds(whole, head, tail)
}

const mostLogicalPartitions = 60

/** As the kernel counts them: 5 is the first. A chain that leads back, or out of the disk, ends there. */
async function readLogicalPartitions(
  disk: ReadableDisk,
  { extended }: PartitionEntries,
): Promise<PartitionEntry[]> {
  if (extended === undefined) return []
  const found: PartitionEntry[] = []
  const seen = new Set<number>()
  let recordBytes: number | undefined = extended.offsetBytes
  while (recordBytes !== undefined && isReadable(disk, recordBytes) && !seen.has(recordBytes)) {
    seen.add(recordBytes)
    const places = { extendedBytes: extended.offsetBytes, recordBytes, number: 5 + found.length }
    const sector = await disk.read(recordBytes, disk.sectorBytes)
    const record = decodeExtendedBootRecord(sector, disk.sectorBytes, places)
    if (record.partition !== undefined) found.push(record.partition)
    recordBytes = seen.size < mostLogicalPartitions ? record.nextBytes : undefined
  }
  return found
}

function isReadable({ sizeBytes, sectorBytes }: ReadableDisk, offset: number): boolean {
  return offset + sectorBytes <= sizeBytes
}
