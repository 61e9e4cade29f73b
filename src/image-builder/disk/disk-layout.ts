import { MEBIBYTE } from '../../base/byte-size.ts'
import { createGptTable, type GptTable, gptPartitionTypes } from '../../protocol/gpt/gpt-table.ts'
import { ImageTooSmallError } from '../errors.ts'

/** Images are made for disks with 512-byte logical sectors. */
const sectorBytes = 512
const sectorsPerMebibyte = MEBIBYTE / sectorBytes

/** The Discoverable Partitions Specification's root of x86-64: what systemd-repart grows. */
const rootTypeGuid = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709'

/** A run of bytes in the image. */
export interface Extent {
  readonly offsetBytes: number
  readonly sizeBytes: number
}

export interface DiskGuids {
  readonly disk: string
  readonly biosBoot: string
  readonly efiSystem: string
  readonly root: string
}

/**
 * ```
 * 0      1 MiB       2 MiB   18 MiB                  size
 * | GPT  | BIOS boot | ESP   | root ...      | GPT |
 * ```
 *
 * The root partition is the last one, so that it can grow into a larger disk.
 */
export interface DiskLayout {
  readonly table: GptTable
  readonly biosBoot: Extent
  readonly efiSystem: Extent
  readonly root: Extent
}

/** GRUB counts partitions from 1 and finds the root by this number. */
export const rootPartitionNumber = 3

/** @throws {ImageTooSmallError} when less than 256 MiB would be left for the root */
export function planDisk(imageBytes: number, guids: DiskGuids): DiskLayout {
  const sectorCount = imageBytes / sectorBytes
  const biosBoot = partition(1, 1, 1)
  const efiSystem = partition(2, 2, 16)
  const rootFirstLba = 18 * sectorsPerMebibyte
  // The last MiB stays free for the backup table, so that the file system ends on a whole MiB.
  const rootLastLba = sectorCount - sectorsPerMebibyte - 1
  if (rootLastLba - rootFirstLba < 256 * sectorsPerMebibyte) {
    throw new ImageTooSmallError(`an image of ${imageBytes} bytes has no room for a root`)
  }
  const common = { attributes: 0n, number: 0 }
  const table = createGptTable({
    sectorBytes,
    sectorCount,
    diskGuid: guids.disk,
    partitions: [
      {
        ...common,
        ...biosBoot,
        typeGuid: gptPartitionTypes.biosBoot,
        partitionGuid: guids.biosBoot,
        name: 'bios-boot',
      },
      {
        ...common,
        ...efiSystem,
        typeGuid: gptPartitionTypes.efiSystem,
        partitionGuid: guids.efiSystem,
        name: 'efi-system',
      },
      {
        ...common,
        number: rootPartitionNumber,
        firstLba: rootFirstLba,
        lastLba: rootLastLba,
        typeGuid: rootTypeGuid,
        partitionGuid: guids.root,
        name: 'root',
      },
    ],
  })
  return {
    table,
    biosBoot: extent(biosBoot),
    efiSystem: extent(efiSystem),
    root: extent({ firstLba: rootFirstLba, lastLba: rootLastLba }),
  }
}

function partition(number: number, startMebibytes: number, sizeMebibytes: number) {
  const firstLba = startMebibytes * sectorsPerMebibyte
  return { number, firstLba, lastLba: firstLba + sizeMebibytes * sectorsPerMebibyte - 1 }
}

function extent({ firstLba, lastLba }: { firstLba: number; lastLba: number }): Extent {
  return { offsetBytes: firstLba * sectorBytes, sizeBytes: (lastLba - firstLba + 1) * sectorBytes }
}
