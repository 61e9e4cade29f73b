import type { ByteRange } from '../../block-writer/write-plan.ts'

/**
 * Free space of ext2, ext3 and ext4 from what `dumpe2fs` prints: the block size, then for each group
 * a line `Free blocks: 1234-2000, 3000`.
 *
 * @returns bytes counted from the start of the file system; undefined when the text says no block size
 */
export function readExtFreeBlocks(dumpText: string): ByteRange[] | undefined {
  const blockBytes = Number(/^Block size:\s+(\d+)$/m.exec(dumpText)?.[1])
  if (!Number.isSafeInteger(blockBytes)) return undefined
  const ranges: ByteRange[] = []
  for (const [, list = ''] of dumpText.matchAll(/^ {2}Free blocks: (.*)$/gm)) {
    for (const [, first, last = first] of list.matchAll(/(\d+)(?:-(\d+))?/g)) {
      const blocks = Number(last) - Number(first) + 1
      ranges.push({ offset: Number(first) * blockBytes, length: blocks * blockBytes })
    }
  }
  return ranges
}
