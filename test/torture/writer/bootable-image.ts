import { encodeGpt } from '../../../src/protocol/gpt/encode-gpt.ts'
import { createGptTable, gptPartitionTypes } from '../../../src/protocol/gpt/gpt-table.ts'
import { createSignedImage, patternBytes, type SignedImage } from '../../fakes/signed-image.ts'

const KiB = 1024
const MiB = 1024 * KiB
/** Of a chunk each: few, so that a point takes little. */
const imageBytes = 13 * MiB
export const tortureDiskBytes = 17 * MiB
/** Of data, in the middle of the image. */
export const damagedByte = 3 * MiB

/** Two versions of one system that firmware boots: a signature in the first sector, tables at both ends. */
export interface BootableImages {
  readonly old: SignedImage
  readonly next: SignedImage
}

export function bootableImages(sectorBytes: 512 | 4096): BootableImages {
  const raw = bootableRaw(sectorBytes)
  const changed = Buffer.from(raw)
  for (const chunk of [0, 2, 4, 6, 9, 11, 12]) {
    patternBytes(200 * KiB, 100 + chunk).copy(changed, (chunk + 0.5) * MiB)
  }
  const options = { sectorBytes, rawChunks: [1, 9] }
  return {
    old: createSignedImage(raw, options),
    next: createSignedImage(changed, options),
  }
}

function bootableRaw(sectorBytes: 512 | 4096): Buffer {
  const raw = Buffer.alloc(imageBytes)
  // Boot loader, data, a hole of three chunks, data.
  patternBytes(5 * MiB, 7).copy(raw)
  patternBytes(5 * MiB, 9).copy(raw, 8 * MiB)
  const { primary, backup } = encodeGpt(
    createGptTable({
      sectorBytes,
      sectorCount: imageBytes / sectorBytes,
      diskGuid: '01234567-89ab-4def-8123-456789abcdef',
      partitions: [
        {
          number: 1,
          typeGuid: gptPartitionTypes.linuxFilesystem,
          partitionGuid: '11111111-2222-4333-8444-555555555555',
          firstLba: MiB / sectorBytes,
          lastLba: (imageBytes - MiB) / sectorBytes - 1,
          attributes: 0n,
          name: 'root',
        },
      ],
    }),
  )
  raw.set(primary)
  raw.set(backup, imageBytes - backup.length)
  return raw
}

/** A disk of the torture that begins with `content`; the rest was used for something else before. */
export function diskWith(content: Buffer): Buffer {
  const disk = Buffer.alloc(tortureDiskBytes, 0xaa)
  content.copy(disk)
  return disk
}
