import { describe, expect, test } from 'vitest'

import { hardwareSettled } from '../../../../src/agent/linux/hardware-settled.ts'
import { KernelTree } from '../../../fakes/kernel-tree.ts'

describe('hardwareSettled', () => {
  test('goes on without the mark when patience ends', async () => {
    using tree = new KernelTree()
    expect(await hardwareSettled(tree.files, 0)).toBe(false)
  })

  test('goes on when init has left its mark', async () => {
    using tree = new KernelTree()
    const settled = hardwareSettled(tree.files, 60_000)
    tree.write({ '/run/repave/hardware-settled': '' })
    expect(await settled).toBe(true)
  })
})
