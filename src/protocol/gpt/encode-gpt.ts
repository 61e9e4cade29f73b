import { asciiBytes } from '../../base/ascii.ts'
import { crc32 } from './crc32.ts'
import { entryArraySectors, gptEntryBytes, type GptPartition, type GptTable } from './gpt-table.ts'
import { guidToBytes } from './guid.ts'

/** Both copies of a table, ready to be written at their places. */
export interface EncodedGpt {
  /** Sector 0 (protective MBR), header and entry array: written at byte 0. */
  readonly primary: Uint8Array
  /** Entry array and header: written at `backupOffsetBytes`, ends with the disk. */
  readonly backup: Uint8Array
  readonly backupOffsetBytes: number
}

/** @throws {RangeError} when a partition lies outside the usable sectors, overlaps another or has no place in the array */
export function encodeGpt(table: GptTable): EncodedGpt {
  requireSoundPartitions(table)
  const { sectorBytes, sectorCount } = table
  const arraySectors = entryArraySectors(table.entryCount, sectorBytes)
  const entries = encodeEntries(table)
  const entriesCrc = crc32(entries.subarray(0, table.entryCount * gptEntryBytes))

  const primary = new Uint8Array((2 + arraySectors) * sectorBytes)
  primary.set(encodeProtectiveRecord(table))
  const primaryPlace = { ownLba: 1, otherLba: sectorCount - 1, entriesLba: 2, entriesCrc }
  primary.set(encodeHeader(table, primaryPlace), sectorBytes)
  primary.set(entries, 2 * sectorBytes)

  const backup = new Uint8Array((arraySectors + 1) * sectorBytes)
  const entriesLba = sectorCount - 1 - arraySectors
  const backupPlace = { ownLba: sectorCount - 1, otherLba: 1, entriesLba, entriesCrc }
  backup.set(entries)
  backup.set(encodeHeader(table, backupPlace), arraySectors * sectorBytes)
  return { primary, backup, backupOffsetBytes: entriesLba * sectorBytes }
}

interface HeaderPlace {
  readonly ownLba: number
  readonly otherLba: number
  readonly entriesLba: number
  readonly entriesCrc: number
}

/** UEFI 2.10 table 5-5: 92 bytes, little-endian, its own CRC counted as zero. */
function encodeHeader(table: GptTable, place: HeaderPlace): Uint8Array {
  const header = new Uint8Array(92)
  const view = new DataView(header.buffer)
  header.set(asciiBytes('EFI PART'))
  view.setUint32(8, 0x0001_0000, true)
  view.setUint32(12, header.length, true)
  view.setBigUint64(24, BigInt(place.ownLba), true)
  view.setBigUint64(32, BigInt(place.otherLba), true)
  view.setBigUint64(40, BigInt(table.firstUsableLba), true)
  view.setBigUint64(48, BigInt(table.lastUsableLba), true)
  header.set(guidToBytes(table.diskGuid), 56)
  view.setBigUint64(72, BigInt(place.entriesLba), true)
  view.setUint32(80, table.entryCount, true)
  view.setUint32(84, gptEntryBytes, true)
  view.setUint32(88, place.entriesCrc, true)
  view.setUint32(16, crc32(header), true)
  return header
}

function encodeEntries(table: GptTable): Uint8Array {
  const sectors = entryArraySectors(table.entryCount, table.sectorBytes)
  const entries = new Uint8Array(sectors * table.sectorBytes)
  for (const partition of table.partitions) {
    entries.set(encodeEntry(partition), (partition.number - 1) * gptEntryBytes)
  }
  return entries
}

function encodeEntry(partition: GptPartition): Uint8Array {
  const entry = new Uint8Array(gptEntryBytes)
  const view = new DataView(entry.buffer)
  entry.set(guidToBytes(partition.typeGuid))
  entry.set(guidToBytes(partition.partitionGuid), 16)
  view.setBigUint64(32, BigInt(partition.firstLba), true)
  view.setBigUint64(40, BigInt(partition.lastLba), true)
  view.setBigUint64(48, partition.attributes, true)
  for (let index = 0; index < partition.name.length; index++) {
    view.setUint16(56 + index * 2, partition.name.charCodeAt(index), true)
  }
  return entry
}

/**
 * Boot code and other entries are kept; the protective entry is added where it is missing, and its
 * size follows the disk (UEFI 2.10 §5.2.3).
 */
function encodeProtectiveRecord(table: GptTable): Uint8Array {
  const record = new Uint8Array(512)
  record.set(table.masterBootRecord?.subarray(0, 512) ?? [])
  const view = new DataView(record.buffer)
  const entryOffsets = [446, 462, 478, 494]
  let entryOffset = entryOffsets.find((offset) => view.getUint8(offset + 4) === 0xee)
  if (entryOffset === undefined) {
    entryOffset = 446
    record.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff, 0x01, 0x00, 0x00, 0x00], 446)
    record.set([0x55, 0xaa], 510)
  }
  view.setUint32(entryOffset + 12, Math.min(table.sectorCount - 1, 0xffff_ffff), true)
  return record
}

function requireSoundPartitions(table: GptTable): void {
  let previousLastLba = table.firstUsableLba - 1
  for (const partition of [...table.partitions].sort((a, b) => a.firstLba - b.firstLba)) {
    const sound =
      partition.firstLba > previousLastLba &&
      partition.lastLba >= partition.firstLba &&
      partition.lastLba <= table.lastUsableLba &&
      partition.number >= 1 &&
      partition.number <= table.entryCount &&
      partition.name.length <= 36
    if (!sound) throw new RangeError(`partition ${partition.number} does not fit its table`)
    previousLastLba = partition.lastLba
  }
}
