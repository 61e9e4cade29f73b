import { createCipheriv } from 'node:crypto'
import { open } from 'node:fs/promises'

import { MEBIBYTE } from '../../base/byte-size.ts'
import { encodeGpt } from '../../protocol/gpt/encode-gpt.ts'
import { createGptTable, gptPartitionTypes } from '../../protocol/gpt/gpt-table.ts'

const sectorBytes = 512
const firstLba = 2048

export interface DiskImageSize {
  readonly sizeBytes: number
  /** Of them, how many are neither zero nor compressible. */
  readonly contentBytes: number
}

/**
 * A disk image with one partition and made-up content, the same bytes every time. It stands for an
 * operating system: firmware finds it bootable, and nothing of it ever runs.
 */
export async function makeDiskImage(path: string, size: DiskImageSize): Promise<void> {
  const { sizeBytes, contentBytes } = size
  const sectorCount = sizeBytes / sectorBytes
  const table = createGptTable({
    ...{ sectorBytes, sectorCount, diskGuid: 'de300000-0000-4000-8000-000000000001' },
    partitions: [
      {
        number: 1,
        typeGuid: gptPartitionTypes.linuxFilesystem,
        partitionGuid: 'de300000-0000-4000-8000-000000000002',
        firstLba,
        lastLba: sectorCount - firstLba,
        attributes: 4n,
        name: 'root',
      },
    ],
  })
  const { primary, backup, backupOffsetBytes } = encodeGpt(table)
  await using file = await open(path, 'w')
  await file.truncate(sizeBytes)
  await file.write(primary, 0, primary.length, 0)
  await file.write(backup, 0, backup.length, backupOffsetBytes)
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
  const zeros = Buffer.alloc(MEBIBYTE)
  for (let done = 0; done < contentBytes; done += MEBIBYTE) {
    const piece = noise.update(zeros.subarray(0, Math.min(MEBIBYTE, contentBytes - done)))
    await file.write(piece, 0, piece.length, firstLba * sectorBytes + done)
  }
}
