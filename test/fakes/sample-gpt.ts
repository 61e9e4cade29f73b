import { encodeGpt } from '../../src/protocol/gpt/encode-gpt.ts'
import {
  createGptTable,
  gptPartitionTypes,
  type GptTable,
} from '../../src/protocol/gpt/gpt-table.ts'

export const sampleDiskGuid = '01234567-89ab-4def-8123-456789abcdef'

/** A table with a boot and a root partition, numbers 1 and 3. */
export const sampleTable = (sectorBytes = 512, sectorCount = 65_536): GptTable =>
  createGptTable({
    sectorBytes,
    sectorCount,
    diskGuid: sampleDiskGuid,
    partitions: [
      {
        number: 1,
        typeGuid: gptPartitionTypes.biosBoot,
        partitionGuid: '11111111-2222-4333-8444-555555555555',
        firstLba: 2048,
        lastLba: 4095,
        attributes: 4n,
        name: 'bios',
      },
      {
        number: 3,
        typeGuid: gptPartitionTypes.linuxFilesystem,
        partitionGuid: '11111111-2222-4333-8444-666666666666',
        firstLba: 4096,
        lastLba: 32_767,
        attributes: 0n,
        name: 'root',
      },
    ],
  })

/** The whole disk, as a machine would find it. */
export const diskOf = (table: GptTable) => {
  const disk = new Uint8Array(table.sectorBytes * table.sectorCount)
  const { primary, backup, backupOffsetBytes } = encodeGpt(table)
  disk.set(primary)
  disk.set(backup, backupOffsetBytes)
  return disk
}
