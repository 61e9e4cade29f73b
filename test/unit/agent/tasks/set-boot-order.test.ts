import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { runSetBootOrder } from '../../../../src/agent/tasks/set-boot-order.ts'
import { encodeLoadOption } from '../../../../src/protocol/efi/load-option.ts'
import { createAgentWorld } from '../../../fakes/agent-world.ts'
import { KernelTree } from '../../../fakes/kernel-tree.ts'

const variables = '/sys/firmware/efi/efivars'
const vendor = '8be4df61-93ca-11d2-aa0d-00e098032b8c'
const end = [0x7f, 0xff, 4, 0]
/** `PciRoot(0)` and, for a card, `MAC(…)`. */
const root = [2, 1, 12, 0, 0xd0, 0x41, 0x03, 0x0a, 0, 0, 0, 0]
const card = [3, 11, 37, 0, ...Array.from({ length: 33 }, () => 0)]

const variable = (bytes: Iterable<number>) =>
  Buffer.concat([Buffer.of(7, 0, 0, 0), Buffer.from([...bytes])])
const entry = (description: string, path: readonly number[]) =>
  variable(encodeLoadOption({ description, devicePath: Uint8Array.from(path) }))

const setFirst = async (tree: KernelTree, first: 'network' | 'disk') => {
  using world = createAgentWorld('http://127.0.0.1:1', [], { files: tree.files })
  const lines: string[] = []
  await runSetBootOrder(
    world,
    { action: 'set-boot-order', first },
    { log: (line) => lines.push(line) },
  )
  return lines
}

describe('runSetBootOrder', () => {
  it('says that BIOS firmware cannot be told', async () => {
    using tree = new KernelTree()
    await expect(setFirst(tree, 'network')).rejects.toMatchObject({
      code: 'ERR_BOOT_ORDER_REFUSED',
    })
  })

  it('changes nothing where firmware has no network entry, or no disk was selected', async () => {
    using tree = new KernelTree().write({
      [`${variables}/BootOrder-${vendor}`]: variable([1, 0]),
      [`${variables}/Boot0001-${vendor}`]: entry('disk', [...root, ...end]),
    })
    await expect(setFirst(tree, 'network')).rejects.toThrow('no entry for a network card')
    await expect(setFirst(tree, 'disk')).rejects.toThrow('no disk was selected')
  })

  it('puts every network card first and leaves the rest in its order', async () => {
    using tree = new KernelTree().write({
      [`${variables}/BootOrder-${vendor}`]: variable([1, 0, 2, 0, 10, 0]),
      [`${variables}/Boot0001-${vendor}`]: entry('disk', [...root, ...end]),
      [`${variables}/Boot0002-${vendor}`]: entry('shell', [...root, ...end]),
      [`${variables}/Boot000A-${vendor}`]: entry('UEFI PXEv4', [...root, ...card, ...end]),
    })
    expect(await setFirst(tree, 'network')).toEqual(['firmware tries Boot000A Boot0001 Boot0002'])
    const order = readFileSync(join(tree.root, variables, `BootOrder-${vendor}`))
    expect([...order]).toEqual([7, 0, 0, 0, 10, 0, 1, 0, 2, 0])
  })
})
