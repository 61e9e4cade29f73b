import { describe, expect, test } from 'vitest'

import { readExtFreeBlocks } from '../../../../src/agent/capture/free-space/ext-free-blocks.ts'
import { readNtfsFreeClusters } from '../../../../src/agent/capture/free-space/ntfs-free-clusters.ts'
import { readXfsFreeExtents } from '../../../../src/agent/capture/free-space/xfs-free-extents.ts'

describe(readExtFreeBlocks, () => {
  test('without a block size nothing counts as free', () => {
    expect(readExtFreeBlocks('  Free blocks: 1-2\n')).toBeUndefined()
  })

  test('reads runs and single blocks of every group, and groups that are full', () => {
    const text =
      'Block size:               1024\nGroup 0: (Blocks 1-8192)\n  Free blocks: 10-19, 40\n' +
      'Group 1: (Blocks 8193-16383)\n  Free blocks: \n  Free inodes: 7-9\n'
    expect(readExtFreeBlocks(text)).toEqual([
      { offset: 10_240, length: 10_240 },
      { offset: 40_960, length: 1024 },
    ])
  })
})

describe(readXfsFreeExtents, () => {
  test('without the sizes nothing counts as free', () => {
    expect(readXfsFreeExtents('       0         10         20\n')).toBeUndefined()
  })

  test('counts blocks from the start of their group, and not the histogram behind the list', () => {
    const text =
      'blocksize = 4096\nagblocks = 100\n      agno      agbno        len\n' +
      '         1          5          2\n   from      to extents  blocks    pct\n      1       1       3       3\n'
    expect(readXfsFreeExtents(text)).toEqual([{ offset: 105 * 4096, length: 8192 }])
  })
})

describe(readNtfsFreeClusters, () => {
  const bootSector = new Uint8Array(512)
  const view = new DataView(bootSector.buffer)
  view.setUint16(11, 512, true)
  view.setUint8(13, 8)
  view.setBigUint64(40, 80n, true)

  test('a bitmap that is too short for the volume, or no boot sector, tells nothing', () => {
    expect(readNtfsFreeClusters(bootSector, Uint8Array.of(0))).toBeUndefined()
    expect(readNtfsFreeClusters(new Uint8Array(512), new Uint8Array(99))).toBeUndefined()
    expect(readNtfsFreeClusters(new Uint8Array(3), new Uint8Array(99))).toBeUndefined()
  })

  test('reads bits from the lowest on, and none behind the last cluster', () => {
    expect(readNtfsFreeClusters(bootSector, Uint8Array.of(0b1111_0011, 0b0000_0001))).toEqual([
      { offset: 2 * 4096, length: 2 * 4096 },
      { offset: 9 * 4096, length: 4096 },
    ])
  })
})
