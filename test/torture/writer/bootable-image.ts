import { encodeGpt } from '../../../src/protocol/gpt/encode-gpt.ts'
import { createGptTable, gptPartitionTypes } from '../../../src/protocol/gpt/gpt-table.ts'
import { createSignedImage, patternBytes, type SignedImage } from '../../fakes/signed-image.ts'

const MiB = 1024 * 1024
const imageBytes = 24 * MiB
export const tortureDiskBytes = 28 * MiB

/** Two versions of one system that firmware boots: a signature in the first sector, tables at both ends. */
export interface BootableImages {
  readonly old: SignedImage
  readonly next: SignedImage
}

export function bootableImages(sectorBytes: 512 | 4096): BootableImages {
  const raw = bootableRaw(sectorBytes)
  const changed = Buffer.from(raw)
  for (const chunk of [0, 3, 4, 9, 15, 21, 23]) {
    patternBytes(200 * 1024, 100 + chunk).copy(changed, chunk * MiB + MiB / 2)
  }
  const rawChunks = [2, 15]
  return {
    old: createSignedImage(raw, { sectorBytes, rawChunks }),
    next: createSignedImage(changed, { sectorBytes, rawChunks }),
  }
}

function bootableRaw(sectorBytes: 512 | 4096): Buffer {
  const raw = Buffer.alloc(imageBytes)
  // Boot loader, data, a hole of five chunks, data.
  patternBytes(10 * MiB, 7).copy(raw)
  patternBytes(9 * MiB, 9).copy(raw, 15 * MiB)
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
