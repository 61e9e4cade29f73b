import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  DiskNotSelectedError,
  runSelectDisk,
  selectDisk,
} from '../../../../src/agent/tasks/select-disk.ts'
import type { Disk } from '../../../../src/contract/machine.ts'
import type { DiskRule } from '../../../../src/contract/workflow.ts'
import { createAgentWorld } from '../../../fakes/agent-world.ts'
import { KernelTree } from '../../../fakes/kernel-tree.ts'

const GiB = 1024 ** 3

const disk = (change: Partial<Disk> = {}): Disk => ({
  name: 'vda',
  path: '/dev/vda',
  sizeBytes: 4 * GiB,
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  serial: 'DISK-1',
  transport: 'virtio',
  rotational: true,
  removable: false,
  readOnly: false,
  inUseBy: [],
  ...change,
})

const refusal = (disks: Disk[], rule: DiskRule = {}, minimumBytes = GiB) => {
  try {
    selectDisk(disks, rule, minimumBytes)
  } catch (error) {
    if (error instanceof DiskNotSelectedError) return error
    throw error
  }
  throw new Error('a disk was selected')
}

describe('selectDisk', () => {
  test('refuses when no disk matches, and lists each with the reason (X01)', () => {
    expect(refusal([]).message).toContain('the machine has no disk')
    const { message } = refusal([disk({ sizeBytes: 1000 })])
    expect(message).toContain('vda (DISK-1, 1000 B, virtio): too small: the image needs 1.0 GiB')
  })

  test('refuses when two match, and names both (X01)', () => {
    const error = refusal([disk(), disk({ name: 'vdb', serial: 'DISK-2' })])
    expect(error.matching).toBe(2)
    expect(error.message).toContain('DISK-1')
    expect(error.message).toContain('DISK-2')
  })

  test.each([
    ['removable', { removable: true }],
    ['USB', { transport: 'usb' }],
    ['shared storage (iscsi)', { transport: 'iscsi' }],
    ['shared storage (fc)', { transport: 'fc' }],
    ['shared storage (nvme-tcp)', { transport: 'nvme-tcp' }],
  ])('refuses one that is %s unless it is named (X02, X04)', (reason, change) => {
    expect(refusal([disk(change)]).message).toContain(reason)
    expect(selectDisk([disk(change)], { serial: 'DISK-1' }, GiB).serial).toBe('DISK-1')
  })

  test.each([
    ['in use (mounted /mnt)', { inUseBy: ['mounted /mnt'] }],
    ['read-only', { readOnly: true }],
  ])('refuses one that is %s, named or not (B19, X03)', (reason, change) => {
    expect(refusal([disk(change)]).message).toContain(reason)
    expect(refusal([disk(change)], { serial: 'DISK-1' }).message).toContain(reason)
  })

  test.each([
    [{ serial: 'DISK-2' }, 'serial is DISK-1, not DISK-2'],
    [{ wwn: 'naa.5' }, 'wwn is unknown, not naa.5'],
    [{ rotational: false }, 'rotational is true, not false'],
    [{ minimumBytes: 5 * GiB }, 'smaller than 5.0 GiB'],
    [{ maximumBytes: GiB }, 'larger than 1.0 GiB'],
  ])('holds a disk against the rule %j', (rule, reason) => {
    expect(refusal([disk()], rule).message).toContain(reason)
  })

  test('takes the only one that is left', () => {
    const disks = [disk({ name: 'sda', transport: 'usb' }), disk({ name: 'vdb', serial: 'B' })]
    expect(selectDisk(disks, {}, GiB).name).toBe('vdb')
    expect(selectDisk([disk(), disk({ serial: 'B' })], { serial: 'B' }, GiB).serial).toBe('B')
  })

  test('never gives a disk that is held, too small or one of several, for any inventory (X01-X04)', () => {
    const anyDisk = fc.record({
      sizeBytes: fc.constantFrom(0, GiB - 1, GiB, 4 * GiB),
      serial: fc.constantFrom('A', 'B', undefined),
      wwn: fc.constantFrom('naa.1', undefined),
      transport: fc.constantFrom('virtio', 'usb', 'iscsi', 'nvme'),
      rotational: fc.boolean(),
      removable: fc.boolean(),
      readOnly: fc.boolean(),
      inUseBy: fc.constantFrom<string[]>([], ['swap']),
    })
    const anyRule = fc.record(
      {
        serial: fc.constantFrom('A', 'B'),
        wwn: fc.constant('naa.1'),
        rotational: fc.boolean(),
        transport: fc.constantFrom('virtio', 'usb'),
      },
      { requiredKeys: [] },
    )
    const property = fc.property(fc.array(anyDisk, { maxLength: 5 }), anyRule, (facts, rule) => {
      const disks = facts.map(({ serial, wwn, ...others }, index) => ({
        ...disk({ ...others, name: `vd${index}` }),
        ...{ serial, wwn },
      })) as Disk[]
      let chosen: Disk
      try {
        chosen = selectDisk(disks, rule, GiB)
      } catch (error) {
        expect(error).toBeInstanceOf(DiskNotSelectedError)
        return
      }
      const named = rule.serial !== undefined || rule.wwn !== undefined
      expect(chosen.inUseBy).toEqual([])
      expect(chosen.readOnly).toBe(false)
      expect(chosen.sizeBytes).toBeGreaterThanOrEqual(GiB)
      expect(named || (!chosen.removable && !['usb', 'iscsi'].includes(chosen.transport))).toBe(
        true,
      )
      for (const other of disks.filter(({ name }) => name !== chosen.name)) {
        expect(() => selectDisk([other], rule, GiB)).toThrow(DiskNotSelectedError)
      }
    })
    fc.assert(property, { numRuns: 2000 })
  })
})

describe('runSelectDisk', () => {
  test('refuses to choose at all while one disk cannot be read (X11)', () => {
    using tree = new KernelTree().disk('vda').disk('vdb').remove('/sys/block/vdb/size')
    using world = createAgentWorld('http://127.0.0.1:9', [], { files: tree.files })
    const order = { action: 'select-disk' as const, rule: {}, minimumBytes: GiB }
    expect(() => runSelectDisk(world, order)).toThrow('cannot tell what these disks are: vdb')
  })
})
