import { type DeviceBytes, unsigned } from './device-bytes.ts'
import { decodeGpt, decodeBackupGpt } from '../gpt/decode-gpt.ts'
import type { GptTable } from '../gpt/gpt-table.ts'

/** One partition, whichever kind of table names it. */
export interface PartitionEntry {
  readonly number: number
  readonly offsetBytes: number
  readonly sizeBytes: number
  /** A GUID, or the one byte of a master boot record as `0x83`. */
  readonly type: string
  readonly name?: string
}

export interface PartitionEntries {
  readonly table: 'gpt' | 'mbr' | 'none'
  readonly diskGuid?: string
  readonly partitions: readonly PartitionEntry[]
  /** Where the first extended boot record lies; its logical partitions are not among `partitions`. */
  readonly extended?: { readonly offsetBytes: number; readonly sizeBytes: number }
}

/** The copy at the end counts when the first is damaged: what it names may still be wanted. */
export function decodePartitions(device: DeviceBytes, sectorBytes: number): PartitionEntries {
  const gpt = findGpt(device, sectorBytes)
  if (gpt !== undefined) {
    const partitions = gpt.partitions.map(({ number, typeGuid, name, firstLba, lastLba }) => ({
      ...{ number, type: typeGuid, name },
      offsetBytes: firstLba * sectorBytes,
      sizeBytes: (lastLba - firstLba + 1) * sectorBytes,
    }))
    return { table: 'gpt', diskGuid: gpt.diskGuid, partitions }
  }
  return decodeMasterBootRecord(device, sectorBytes)
}

function findGpt(device: DeviceBytes, sectorBytes: number): GptTable | undefined {
  const head = device.at(0, Math.min(device.sizeBytes, 256 * sectorBytes))
  const primary = head && decodeGpt(head, sectorBytes)
  if (primary?.ok === true) return primary.table
  const tailBytes = Math.min(device.sizeBytes, 64 * sectorBytes)
  const tail = device.at(device.sizeBytes - tailBytes, tailBytes)
  const backup = tail && decodeBackupGpt(tail, sectorBytes)
  return backup?.ok === true ? backup.table : undefined
}

const extendedTypes = [0x05, 0x0f, 0x85]

function decodeMasterBootRecord(device: DeviceBytes, sectorBytes: number): PartitionEntries {
  const sector = device.at(0, 512)
  const slots = sector === undefined ? undefined : readSlots(sector, sectorBytes)
  if (slots === undefined) return { table: 'none', partitions: [] }
  const inside = slots.filter(
    ({ type, offsetBytes, sizeBytes }) =>
      type !== 0 && offsetBytes > 0 && sizeBytes > 0 && offsetBytes < device.sizeBytes,
  )
  // A boot sector of a file system ends with the same two bytes, and its "slots" are code.
  if (inside.length === 0) return { table: 'none', partitions: [] }
  const extended = inside.find(({ type }) => extendedTypes.includes(type))
  const partitions = inside
    .filter(({ type }) => !extendedTypes.includes(type))
    .map(({ type, ...place }) => ({ ...place, type: typeText(type) }))
  return { table: 'mbr', partitions, ...(extended === undefined ? {} : { extended }) }
}

/** The logical partition of one extended boot record, none where it would begin on the record; and where the next lies. */
export function decodeExtendedBootRecord(
  sector: Uint8Array,
  sectorBytes: number,
  places: { readonly extendedBytes: number; readonly recordBytes: number; readonly number: number },
): { readonly partition?: PartitionEntry; readonly nextBytes?: number } {
  const [own, next] = readSlots(sector, sectorBytes) ?? []
  const partition = own !== undefined &&
    own.type !== 0 &&
    own.offsetBytes > 0 &&
    own.sizeBytes > 0 && {
      ...own,
      number: places.number,
      offsetBytes: places.recordBytes + own.offsetBytes,
      type: typeText(own.type),
    }
  const goesOn = next !== undefined && extendedTypes.includes(next.type) && next.offsetBytes > 0
  return {
    ...(partition ? { partition } : {}),
    ...(goesOn ? { nextBytes: places.extendedBytes + next.offsetBytes } : {}),
  }
}

function readSlots(sector: Uint8Array, sectorBytes: number) {
  if (unsigned(sector, 510, 2) !== 0xaa55) return undefined
  return [0, 1, 2, 3].map((slot) => {
    const place = 446 + slot * 16
    return {
      number: slot + 1,
      type: unsigned(sector, place + 4, 1),
      offsetBytes: unsigned(sector, place + 8, 4) * sectorBytes,
      sizeBytes: unsigned(sector, place + 12, 4) * sectorBytes,
    }
  })
}

function typeText(type: number): string {
  return `0x${type.toString(16).padStart(2, '0')}`
}
