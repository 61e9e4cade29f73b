/** Sizes of UEFI 2.10 §5.3. */
export const gptEntryBytes = 128
export const gptMinimumEntries = 128

/** Partition types that we write or look for. */
export const gptPartitionTypes = {
  efiSystem: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  biosBoot: '21686148-6449-6e6f-744e-656564454649',
  linuxFilesystem: '0fc63daf-8483-4772-8e79-3d69d8477de4',
  microsoftBasicData: 'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7',
} as const

export interface GptPartition {
  /** 1 for the first entry of the array, as the kernel and every tool count. */
  readonly number: number
  readonly typeGuid: string
  readonly partitionGuid: string
  readonly firstLba: number
  /** The last sector that belongs to it. */
  readonly lastLba: number
  /** Bit 0 required, bit 2 legacy BIOS bootable, bits 48-63 by type. */
  readonly attributes: bigint
  /** At most 36 UTF-16 code units. */
  readonly name: string
}

/** A GUID partition table and the disk it describes. */
export interface GptTable {
  readonly sectorBytes: number
  /** Sectors of the whole disk, the backup header being the last one. */
  readonly sectorCount: number
  readonly diskGuid: string
  readonly firstUsableLba: number
  readonly lastUsableLba: number
  /** Places in the entry array, used or not. */
  readonly entryCount: number
  /** In the order of their numbers. */
  readonly partitions: readonly GptPartition[]
  /** The 512 bytes of sector 0: boot code and the protective entry, which is made where it is missing. */
  readonly masterBootRecord?: Uint8Array
}

export type GptOutcome<Facts> =
  ({ readonly ok: true } & Facts) | { readonly ok: false; readonly reason: string }

/** Sectors that one copy of the entry array takes. */
export function entryArraySectors(entryCount: number, sectorBytes: number): number {
  return Math.ceil((entryCount * gptEntryBytes) / sectorBytes)
}

/** A table with the usual 128 places, everything between the two copies usable. */
export function createGptTable(
  facts: Pick<GptTable, 'sectorBytes' | 'sectorCount' | 'diskGuid' | 'partitions'> &
    Partial<Pick<GptTable, 'masterBootRecord'>>,
): GptTable {
  const arraySectors = entryArraySectors(gptMinimumEntries, facts.sectorBytes)
  return {
    ...facts,
    entryCount: gptMinimumEntries,
    firstUsableLba: 2 + arraySectors,
    lastUsableLba: facts.sectorCount - 2 - arraySectors,
  }
}
