import { latin1Text } from '../../base/ascii.ts'
import { crc32 } from './crc32.ts'
import { entryArraySectors, gptEntryBytes } from './gpt-table.ts'
import type { GptOutcome, GptPartition, GptTable } from './gpt-table.ts'
import { guidFromBytes } from './guid.ts'

/** No disk has a table larger than this; a header that says so is damaged. */
const maximumEntries = 1024

/** The logical sector size whose sector 1 starts with a GPT header; undefined when neither does. */
export function detectGptSectorBytes(start: Uint8Array): 512 | 4096 | undefined {
  for (const sectorBytes of [512, 4096] as const) {
    if (latin1Text(start.subarray(sectorBytes, sectorBytes + 8)) === 'EFI PART') return sectorBytes
  }
  return undefined
}

/**
 * Reads the primary table from the first bytes of a disk (34 sectors hold the usual one). Any bytes
 * give a table or the reason why they are none.
 */
export function decodeGpt(start: Uint8Array, sectorBytes: number): GptOutcome<{ table: GptTable }> {
  const header = readHeader(start, sectorBytes)
  if (!header.ok) return header
  const { fields } = header
  if (fields.ownLba !== 1) return refuse(`the primary header says it is sector ${fields.ownLba}`)
  if (fields.entriesLba !== 2) {
    return refuse(`the entry array starts at sector ${fields.entriesLba}, expected 2`)
  }
  const entriesOffset = 2 * sectorBytes
  const entries = start.subarray(entriesOffset, entriesOffset + fields.entryCount * gptEntryBytes)
  return readTable(fields, entries, {
    sectorBytes,
    masterBootRecord: new Uint8Array(start.subarray(0, 512)),
  })
}

/** Reads the backup table from the last bytes of a disk, its header being the last sector. */
export function decodeBackupGpt(
  end: Uint8Array,
  sectorBytes: number,
): GptOutcome<{ table: GptTable }> {
  const header = readHeader(end.subarray(Math.max(0, end.length - 2 * sectorBytes)), sectorBytes)
  if (!header.ok) return header
  const { fields } = header
  const sectorsBefore = fields.ownLba - fields.entriesLba
  const entriesOffset = end.length - (sectorsBefore + 1) * sectorBytes
  if (sectorsBefore < 1 || entriesOffset < 0) {
    return refuse('the backup entry array is outside the bytes given')
  }
  const entries = end.subarray(entriesOffset, entriesOffset + fields.entryCount * gptEntryBytes)
  return readTable({ ...fields, otherLba: fields.ownLba }, entries, { sectorBytes })
}

interface HeaderFields {
  readonly ownLba: number
  readonly otherLba: number
  readonly firstUsableLba: number
  readonly lastUsableLba: number
  readonly diskGuid: string
  readonly entriesLba: number
  readonly entryCount: number
  readonly entriesCrc: number
}

/** The header in the second of two sectors. */
function readHeader(
  sectors: Uint8Array,
  sectorBytes: number,
): GptOutcome<{ fields: HeaderFields }> {
  // Copied, because a Buffer's slice would share the memory of the caller.
  const bytes = new Uint8Array(sectors.subarray(sectorBytes, sectorBytes + 92))
  if (bytes.length < 92) return refuse('too short for a header')
  if (latin1Text(bytes.subarray(0, 8)) !== 'EFI PART') return refuse('no header signature')
  const view = new DataView(bytes.buffer)
  if (view.getUint32(8, true) !== 0x0001_0000) return refuse('unknown header revision')
  if (view.getUint32(12, true) !== 92) return refuse('the header is not 92 bytes long')
  const statedCrc = view.getUint32(16, true)
  view.setUint32(16, 0, true)
  if (crc32(bytes) !== statedCrc) return refuse('the header fails its CRC')
  if (view.getUint32(84, true) !== gptEntryBytes) return refuse('entries are not 128 bytes long')
  const entryCount = view.getUint32(80, true)
  if (entryCount === 0 || entryCount > maximumEntries) return refuse(`${entryCount} entries`)
  const lba = (offset: number) => Number(view.getBigUint64(offset, true))
  const fields = {
    ownLba: lba(24),
    otherLba: lba(32),
    firstUsableLba: lba(40),
    lastUsableLba: lba(48),
    diskGuid: guidFromBytes(bytes.subarray(56, 72)),
    entriesLba: lba(72),
    entryCount,
    entriesCrc: view.getUint32(88, true),
  }
  return { ok: true, fields }
}

function readTable(
  fields: HeaderFields,
  entries: Uint8Array,
  disk: Pick<GptTable, 'sectorBytes' | 'masterBootRecord'>,
): GptOutcome<{ table: GptTable }> {
  const { firstUsableLba, lastUsableLba, diskGuid, entryCount } = fields
  if (entries.length < entryCount * gptEntryBytes) return refuse('too short for the entry array')
  if (crc32(entries) !== fields.entriesCrc) return refuse('the entry array fails its CRC')
  const sectorCount = fields.otherLba + 1
  const arraySectors = entryArraySectors(entryCount, disk.sectorBytes)
  const soundRange =
    Number.isSafeInteger(sectorCount * disk.sectorBytes) &&
    firstUsableLba >= 2 + arraySectors &&
    lastUsableLba >= firstUsableLba - 1 &&
    lastUsableLba < sectorCount - 1 - arraySectors
  if (!soundRange) return refuse('the usable sectors are out of range')

  const partitions: GptPartition[] = []
  for (let index = 0; index < entryCount; index++) {
    const partition = readEntry(entries.subarray(index * gptEntryBytes), index + 1)
    if (partition !== undefined) partitions.push(partition)
  }
  const unsound = findUnsound(partitions, fields)
  if (unsound !== undefined)
    return refuse(`partition ${unsound.number} is out of range or overlaps`)
  const table = { ...disk, sectorCount, diskGuid, firstUsableLba, lastUsableLba, entryCount }
  return { ok: true, table: { ...table, partitions } }
}

/** Undefined when the place is unused. */
function readEntry(bytes: Uint8Array, number: number): GptPartition | undefined {
  if (bytes.subarray(0, 16).every((byte) => byte === 0)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, gptEntryBytes)
  let name = ''
  for (let offset = 56; offset < gptEntryBytes; offset += 2) {
    const unit = view.getUint16(offset, true)
    if (unit === 0) break
    name += String.fromCharCode(unit)
  }
  return {
    number,
    typeGuid: guidFromBytes(bytes.subarray(0, 16)),
    partitionGuid: guidFromBytes(bytes.subarray(16, 32)),
    firstLba: Number(view.getBigUint64(32, true)),
    lastLba: Number(view.getBigUint64(40, true)),
    attributes: view.getBigUint64(48, true),
    name,
  }
}

function findUnsound(
  partitions: readonly GptPartition[],
  usable: Pick<GptTable, 'firstUsableLba' | 'lastUsableLba'>,
): GptPartition | undefined {
  let previousLastLba = usable.firstUsableLba - 1
  return [...partitions]
    .sort((left, right) => left.firstLba - right.firstLba)
    .find((partition) => {
      const { firstLba, lastLba } = partition
      const sound =
        firstLba > previousLastLba && lastLba >= firstLba && lastLba <= usable.lastUsableLba
      previousLastLba = lastLba
      return !sound
    })
}

function refuse(reason: string): { ok: false; reason: string } {
  return { ok: false, reason }
}
