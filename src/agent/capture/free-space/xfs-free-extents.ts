import type { ByteRange } from '../../block-writer/write-plan.ts'

/**
 * Free space of XFS from what `xfs_db -c 'sb 0' -c 'print blocksize agblocks' -c 'freesp -d'` prints:
 * `blocksize = 4096`, `agblocks = 16384`, then lines of group, first block in the group, blocks.
 *
 * @returns bytes counted from the start of the file system; undefined when the text lacks the sizes
 */
export function readXfsFreeExtents(dumpText: string): ByteRange[] | undefined {
  const number = (name: string) => Number(new RegExp(`^${name} = (\\d+)$`, 'm').exec(dumpText)?.[1])
  const blockBytes = number('blocksize')
  const groupBlocks = number('agblocks')
  if (!Number.isSafeInteger(blockBytes * groupBlocks)) return undefined
  const extents = dumpText.split('from      to')[0] ?? ''
  return [...extents.matchAll(/^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/gm)].map(
    ([, group, first, blocks]) => ({
      offset: (Number(group) * groupBlocks + Number(first)) * blockBytes,
      length: Number(blocks) * blockBytes,
    }),
  )
}
