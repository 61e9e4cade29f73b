import { describe, expect, test } from 'vitest'

import { runSelectDisks } from '../../../../src/agent/tasks/select-disks.ts'
import type { DiskChoiceRequest } from '../../../../src/contract/disk-choice/choice-request.ts'
import { createAgentWorld } from '../../../fakes/agent-world.ts'
import { KernelTree } from '../../../fakes/kernel-tree.ts'

const MiB = 2 ** 20

/** Disks of 4 MiB each, `vda` with the serial `A` and so on; `bytes` is what lies on one. */
const treeOf = (
  serials: Readonly<Record<string, string>>,
  bytes: Uint8Array = new Uint8Array(),
) => {
  const tree = new KernelTree()
  for (const [index, [name, serial]] of Object.entries(serials).entries()) {
    tree.disk(name, { serial, size: '8192', dev: `254:${index * 16}` })
    const content = new Uint8Array(4 * MiB)
    if (index === 0) content.set(bytes)
    tree.write({ [`/dev/${name}`]: content })
  }
  return tree
}

const select = async (tree: KernelTree, change: Partial<DiskChoiceRequest> = {}) => {
  using world = createAgentWorld('http://127.0.0.1:9', [], { files: tree.files })
  const request = { rule: {}, dataDisks: [], overwrite: [], protectedDisks: [], minimumBytes: 0 }
  const order = { action: 'select-disks' as const, ...request, takesAll: true as const, ...change }
  const { facts } = await runSelectDisks(world, order, { log: () => undefined })
  return {
    chosen: facts.disks?.map(({ serial }) => serial),
    left: facts.disksLeft?.map(({ disk, reason }) => `${disk.serial}: ${reason}`),
    dataDisks: facts.dataDisks?.map(({ serial }) => serial),
  }
}

describe('runSelectDisks', () => {
  test('refuses to wipe any disk while one can be neither wiped nor left (X05, X11)', async () => {
    // The first bytes of a VMFS volume at 1 MiB (blkid's vmfs.c).
    const vmfs = new Uint8Array(2 * MiB)
    vmfs.set([0x0d, 0xd0, 0x01, 0xc0], MiB)
    using shared = treeOf({ vda: 'A', vdb: 'B' }, vmfs)
    await expect(select(shared)).rejects.toMatchObject({ code: 'ERR_DISKS_NOT_SELECTED' })
    await expect(select(shared)).rejects.toThrow(/a disk may not be wiped: vda \(A,.*VMFS/)
    expect((await select(shared, { protectedDisks: ['A'] })).chosen).toEqual(['B'])
    expect((await select(shared, { overwrite: ['VMFS_volume_member'] })).chosen).toEqual(['A', 'B'])
  })

  test('refuses a machine without disks, and one all of whose disks are kept', async () => {
    using none = new KernelTree()
    await expect(select(none)).rejects.toThrow('no disk is left to wipe: the machine has no disk')
    using kept = treeOf({ vda: 'A' })
    await expect(select(kept, { protectedDisks: ['A'] })).rejects.toThrow('protected on this')
  })

  test('names every disk by its serial, and every one that is left with the reason (X02, X06)', async () => {
    using tree = treeOf({ vda: 'A', vdb: 'B', vdc: 'C', vdd: 'D' })
    tree.write({ '/sys/block/vdd/removable': '1' })
    const change = { protectedDisks: ['B'], dataDisks: [{ serial: 'C' }] }
    expect(await select(tree, change)).toEqual({
      chosen: ['A'],
      left: ['B: protected on this machine (B)', 'C: a data disk: kept', 'D: removable'],
      dataDisks: ['C'],
    })
  })

  test('wipes what the plan showed, all of it, and nothing else (X07)', async () => {
    using tree = treeOf({ vda: 'A', vdb: 'B' })
    const approved = ['A', 'B', 'C'].map((serial) => ({ serial, sizeBytes: 4 * MiB }))
    const missing = select(tree, { approved })
    await expect(missing).rejects.toThrow('the plan showed what is not to be found: C')
    const added = select(tree, { approved: approved.slice(0, 1) })
    await expect(added).rejects.toThrow('the plan did not show this disk: B')
    expect((await select(tree, { approved: approved.slice(0, 2) })).chosen).toEqual(['A', 'B'])
  })
})
