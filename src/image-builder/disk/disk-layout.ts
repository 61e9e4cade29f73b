import { MEBIBYTE } from '../../base/byte-size.ts'
import type { RootKind } from '../../contract/image-recipe.ts'
import { createGptTable, type GptTable, gptPartitionTypes } from '../../protocol/gpt/gpt-table.ts'
import { ImageTooSmallError } from '../errors.ts'

/** Images are made for disks with 512-byte logical sectors. */
const sectorBytes = 512
const sectorsPerMebibyte = MEBIBYTE / sectorBytes

/** Root of x86-64 and its hashes, as the Discoverable Partitions Specification numbers them. */
const rootTypeGuid = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709'
const rootVerityTypeGuid = '2c7357ed-ebd2-46d9-aec1-23d437ec2bf5'

/** A run of bytes in the image. */
export interface Extent {
  readonly offsetBytes: number
  readonly sizeBytes: number
}

export const partitionKeys = ['biosBoot', 'efiSystem', 'root', 'verity', 'state'] as const
export type PartitionKey = (typeof partitionKeys)[number]

/** GUIDs of the disk and of every partition that some layout has. */
export type DiskGuids = Readonly<Record<PartitionKey | 'disk', string>>

const partitionFacts: Readonly<Record<PartitionKey, { typeGuid: string; name: string }>> = {
  biosBoot: { typeGuid: gptPartitionTypes.biosBoot, name: 'bios-boot' },
  efiSystem: { typeGuid: gptPartitionTypes.efiSystem, name: 'efi-system' },
  root: { typeGuid: rootTypeGuid, name: 'root' },
  verity: { typeGuid: rootVerityTypeGuid, name: 'root-verity' },
  state: { typeGuid: gptPartitionTypes.linuxFilesystem, name: 'state' },
}

interface WantedPartition {
  readonly key: PartitionKey
  /** Whole MiB; what is left for the last one, of which it needs at least this much. */
  readonly mebibytes: number
}

/** Sizes that the layout has to follow, in bytes; 0 where the layout has no such partition. */
export interface ContentSizes {
  readonly root: number
  readonly verity: number
}

/**
 * ```
 * disk     | GPT | BIOS boot | ESP 16 | root ...                                  | GPT |
 * verity   | GPT | BIOS boot | ESP 64 | root, read-only | its hashes | state ...   | GPT |
 * memory   | GPT | BIOS boot | ESP, which holds all ...                           | GPT |
 *          0     1 MiB       2 MiB
 * ```
 *
 * The last partition can grow into a larger disk.
 */
const layouts: Readonly<Record<RootKind, (sizes: ContentSizes) => WantedPartition[]>> = {
  disk: () => [
    { key: 'efiSystem', mebibytes: 16 },
    { key: 'root', mebibytes: 256 },
  ],
  verity: (sizes) => [
    { key: 'efiSystem', mebibytes: 64 },
    { key: 'root', mebibytes: mebibytesOf(sizes.root) },
    { key: 'verity', mebibytes: mebibytesOf(sizes.verity) },
    { key: 'state', mebibytes: 64 },
  ],
  memory: () => [{ key: 'efiSystem', mebibytes: 32 }],
}

export interface DiskLayout {
  readonly table: GptTable
  readonly biosBoot: Extent
  readonly efiSystem: Extent
  readonly root: Extent
  readonly verity: Extent
  readonly state: Extent
}

/** What GRUB counts from 1: the partition that holds its configuration. */
export const bootPartitionNumbers: Readonly<Record<RootKind, number>> = {
  disk: 3,
  verity: 2,
  memory: 2,
}

/** @throws {ImageTooSmallError} when the partitions do not fit; the last one gets what the others leave */
export function planDisk(
  root: RootKind,
  imageBytes: number,
  guids: DiskGuids,
  sizes: ContentSizes = { root: 0, verity: 0 },
): DiskLayout {
  const wanted: WantedPartition[] = [{ key: 'biosBoot', mebibytes: 1 }, ...layouts[root](sizes)]
  const total = wanted.reduce((sum, { mebibytes }) => sum + mebibytes, 2)
  if (total > imageBytes / MEBIBYTE) {
    const needed = `needs ${total} MiB at least`
    throw new ImageTooSmallError(`an image of ${imageBytes / MEBIBYTE} MiB is too small: ${needed}`)
  }
  const extents = Object.fromEntries(
    partitionKeys.map((key) => [key, { offsetBytes: 0, sizeBytes: 0 }]),
  ) as Record<PartitionKey, Extent>
  let firstMebibyte = 1
  wanted.forEach(({ key, mebibytes }, index) => {
    // The last MiB stays free for the backup table, so that a file system ends on a whole MiB.
    const isLast = index === wanted.length - 1
    const size = isLast ? Math.floor(imageBytes / MEBIBYTE) - 1 - firstMebibyte : mebibytes
    extents[key] = { offsetBytes: firstMebibyte * MEBIBYTE, sizeBytes: size * MEBIBYTE }
    firstMebibyte += size
  })
  const partitions = wanted.map(({ key }, index) => ({
    ...{ number: index + 1, attributes: 0n, partitionGuid: guids[key] },
    ...partitionFacts[key],
    ...sectorsOf(extents[key]),
  }))
  const sectorCount = imageBytes / sectorBytes
  const table = createGptTable({ sectorBytes, sectorCount, diskGuid: guids.disk, partitions })
  return { table, ...extents }
}

function mebibytesOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / MEBIBYTE)
}

function sectorsOf({ offsetBytes, sizeBytes }: Extent) {
  const firstLba = (offsetBytes / MEBIBYTE) * sectorsPerMebibyte
  return { firstLba, lastLba: firstLba + (sizeBytes / MEBIBYTE) * sectorsPerMebibyte - 1 }
}
