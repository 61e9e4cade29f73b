import { MEBIBYTE } from '../../base/byte-size.ts'
import { probeDisk } from '../../protocol/disk-signatures/probe-disk.ts'
import { allocateOne } from '../block-writer/aligned-memory.ts'
import type { TargetDisk } from '../block-writer/target-disk.ts'
import type { ByteRange } from '../block-writer/write-plan.ts'
import { mergeRanges } from '../capture/byte-ranges.ts'

/** Where tables, boot code and the marks of file systems lie: the first and the last MiB of everything. */
export async function telltaleRanges(target: TargetDisk): Promise<ByteRange[]> {
  const { sizeBytes, logicalSectorBytes: sectorBytes } = target.disk
  const { partitions } = await probeDisk({
    ...{ sizeBytes, sectorBytes },
    read: async (offset, length) => {
      const bytes = allocateOne(length)
      await target.read(bytes, offset)
      return bytes
    },
  })
  const whole = { offsetBytes: 0, sizeBytes }
  const ends = [whole, ...partitions].flatMap((part) => {
    const length = Math.min(MEBIBYTE, part.sizeBytes, sizeBytes - part.offsetBytes)
    const last = Math.min(part.offsetBytes + part.sizeBytes, sizeBytes)
    return [
      { offset: part.offsetBytes, length },
      { offset: last - length, length },
    ]
  })
  return mergeRanges(ends.filter(({ length }) => length > 0))
}
