import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { bootWrittenDisk } from '../../../../src/agent/tasks/boot-written-disk.ts'
import { createGptTable, gptPartitionTypes } from '../../../../src/protocol/gpt/gpt-table.ts'
import { KernelTree } from '../../../fakes/kernel-tree.ts'

const table = (typeGuid: string) =>
  createGptTable({
    sectorBytes: 512,
    sectorCount: 65_536,
    diskGuid: '01234567-89ab-4def-8123-456789abcdef',
    partitions: [
      {
        number: 2,
        typeGuid,
        partitionGuid: '11111111-2222-4333-8444-555555555555',
        firstLba: 2048,
        lastLba: 4095,
        attributes: 0n,
        name: 'esp',
      },
    ],
  })

const boot = async (tree: KernelTree, of = table(gptPartitionTypes.efiSystem)) => {
  const lines: string[] = []
  const machineFacts = { machine: 'x86_64', bootMac: undefined, addressesOf: () => [] }
  await bootWrittenDisk({ files: tree.files, machineFacts }, of, (line) => lines.push(line))
  return lines
}

const variables = '/sys/firmware/efi/efivars'

describe('bootWrittenDisk', () => {
  test('leaves a BIOS machine and an image without an EFI system partition alone', async () => {
    using bios = new KernelTree()
    expect(await boot(bios)).toEqual([])
    using uefi = new KernelTree().write({ [`${variables}/a`]: '' })
    expect(await boot(uefi, table(gptPartitionTypes.linuxFilesystem))).toEqual([])
  })

  test('only says so when the firmware takes no variables (B26)', async () => {
    using tree = new KernelTree().write({ [variables]: 'no directory' })
    expect(await boot(tree)).toEqual([expect.stringContaining('firmware keeps its boot order')])
  })

  test('names the loader of the written disk for the next start', async () => {
    using tree = new KernelTree().write({ [`${variables}/other`]: '' })
    expect(await boot(tree)).toEqual(['firmware boots this disk next'])
    const names = readdirSync(join(tree.root, variables)).join(' ')
    expect(names).toContain('BootNext-')
    expect(names).toContain('Boot0000-')
  })
})
