import { describe, expect, it } from 'vitest'

import type { RootKind } from '../../../../src/contract/image-recipe.ts'
import { fileSystemTable } from '../../../../src/image-builder/root/system-files.ts'

describe(fileSystemTable, () => {
  const tableOf = (root: RootKind) =>
    fileSystemTable({ root, rootPartitionGuid: 'aaaa', statePartitionGuid: 'bbbb' })

  it('names no root that is already mounted read-only or lies in RAM', () => {
    expect(tableOf('verity')).not.toContain('aaaa')
    expect(tableOf('memory')).not.toContain('PARTUUID')
  })

  it('mounts the root of this image and lets it grow', () => {
    expect(tableOf('disk')).toMatch(/^PARTUUID=aaaa \/ ext4 .*x-systemd\.growfs 0 1\n$/)
  })

  it('lets the state of a read-only root grow', () => {
    expect(tableOf('verity')).toMatch(/^PARTUUID=bbbb \/state ext4 .*x-systemd\.growfs/)
  })
})
