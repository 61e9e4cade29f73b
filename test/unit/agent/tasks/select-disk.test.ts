import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  DiskNotSelectedError,
  runSelectDisk,
  selectDisk,
} from '../../../../src/agent/tasks/select-disk.ts'
import type { DiskChoiceRequest } from '../../../../src/contract/disk-choice/choice-request.ts'
import type { Disk } from '../../../../src/contract/machine.ts'
import type { DiskRule } from '../../../../src/contract/workflow.ts'
import { createAgentWorld } from '../../../fakes/agent-world.ts'
import { KernelTree } from '../../../fakes/kernel-tree.ts'
import { blankContents, sampleDisk as disk } from '../../../fakes/sample-disk.ts'

const GiB = 1024 ** 3

const request = (rule: DiskRule = {}, change: Partial<DiskChoiceRequest> = {}) => ({
  ...{ rule, dataDisks: [], overwrite: [], protectedDisks: [], minimumBytes: GiB },
  ...change,
})

const refusal = (disks: Disk[], rule: DiskRule = {}, change: Partial<DiskChoiceRequest> = {}) => {
  try {
    selectDisk(disks, request(rule, change))
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
    ['an SD card', { transport: 'sd-card' }],
    ['virtual media', { vendor: 'AMI', model: 'Virtual Floppy0' }],
    ['virtual media', { vendor: 'iDRAC', model: 'LCDRIVE' }],
  ])('refuses one that is %s unless its serial is named (X02, B27)', (reason, change) => {
    expect(refusal([disk(change)]).message).toContain(reason)
    expect(refusal([disk({ ...change, wwn: 'naa.1' })], { wwn: 'naa.1' }).message).toContain(reason)
    expect(selectDisk([disk(change)], request({ serial: 'DISK-1' })).serial).toBe('DISK-1')
  })

  test.each([['iscsi'], ['fc'], ['nvme-tcp'], ['nvme-rdma']])(
    'refuses one behind %s unless its WWN is named (X04)',
    (transport) => {
      const shared = disk({ transport, wwn: 'naa.1' })
      expect(refusal([shared]).message).toContain(`shared storage (${transport})`)
      expect(refusal([shared], { serial: 'DISK-1' }).message).toContain('shared storage')
      expect(selectDisk([shared], request({ wwn: 'naa.1' })).wwn).toBe('naa.1')
    },
  )

  test('refuses one of several NVMe namespaces unless WWN or path names it (B27)', () => {
    const first = disk({ name: 'nvme0n1', wwn: 'eui.1', transport: 'nvme', physicalPath: 'p-1' })
    const second = { ...first, name: 'nvme0n2', wwn: 'eui.2', sizeBytes: GiB - 1 }
    expect(refusal([first, second]).message).toContain('one of several NVMe namespaces')
    expect(selectDisk([first, second], request({ wwn: 'eui.1' })).name).toBe('nvme0n1')
    expect(selectDisk([first, second], request({ path: 'p-1' })).name).toBe('nvme0n1')
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
    [{ model: 'SSD*' }, 'model is unknown, not SSD*'],
    [{ vendor: 'ACME' }, 'vendor is unknown, not ACME'],
    [{ path: 'pci-1' }, 'path is unknown, not pci-1'],
    [{ rotational: false }, 'rotational is true, not false'],
    [{ minimumBytes: 5 * GiB }, 'smaller than 5.0 GiB'],
    [{ maximumBytes: GiB }, 'larger than 1.0 GiB'],
  ])('holds a disk against the rule %j', (rule, reason) => {
    expect(refusal([disk()], rule).message).toContain(reason)
  })

  test.each([
    ['Samsung SSD 860', true],
    ['Samsung *', true],
    ['* SSD *', true],
    ['*860', true],
    ['SSD', false],
    ['*SSD', false],
    ['Samsung SSD 860*860', false],
  ])('takes %j for a pattern of the model: %j', (model, matches) => {
    const found = disk({ model: 'Samsung SSD 860' })
    if (matches) expect(selectDisk([found], request({ model }))).toBe(found)
    else expect(refusal([found], { model }).message).toContain('model is')
  })

  test('takes the only one that is left', () => {
    const disks = [disk({ name: 'sda', transport: 'usb' }), disk({ name: 'vdb', serial: 'B' })]
    expect(selectDisk(disks, request()).name).toBe('vdb')
    const pair = [disk(), disk({ name: 'vdb', serial: 'B' })]
    expect(selectDisk(pair, request({ serial: 'B' })).serial).toBe('B')
  })

  test('refuses a disk whose content nobody knows (X11)', () => {
    const { contents: _contents, ...unread } = disk()
    expect(refusal([unread]).message).toContain('nobody has read what lies on it')
    const broken = disk({ contents: { unreadable: 'EIO: i/o error' } })
    expect(refusal([broken], { serial: 'DISK-1' }).message).toContain('cannot be read: EIO')
  })

  test('refuses a disk that others may use, until the rule overwrites that very kind (X05)', () => {
    const signature = { kind: 'zfs_member', label: 'tank', sharedBy: 'a ZFS pool' }
    const onDisk = disk({ contents: { ...blankContents, signatures: [signature] } })
    const partition = { number: 1, type: '0x83', sizeBytes: GiB, signatures: [signature] }
    const onPartition = disk({ contents: { ...blankContents, partitions: [partition] } })
    for (const found of [onDisk, onPartition]) {
      const reason = 'holds zfs_member: may be in use by a ZFS pool'
      expect(refusal([found], { serial: 'DISK-1' }).message).toContain(reason)
      expect(refusal([found], {}, { overwrite: ['gfs2'] }).message).toContain(reason)
      expect(selectDisk([found], request({}, { overwrite: ['zfs_member'] }))).toBe(found)
    }
  })

  test('refuses a member of a set of which some are elsewhere, and takes a set that is whole (X05)', () => {
    const set = { id: 'md 1', name: 'host:0', members: 2 }
    const member = (change: Partial<Disk>) => {
      const signatures = [{ kind: 'linux_raid_member', set }]
      const partitions = [{ number: 1, type: 'x', sizeBytes: GiB, signatures }]
      // The last partition ends where the disk does: its superblock is seen twice.
      return disk({ ...change, contents: { ...blankContents, signatures, partitions } })
    }
    expect(refusal([member({})]).message).toContain(
      'holds linux_raid_member "host:0", of whose 2 members only 1 are in this machine',
    )
    const whole = [member({}), member({ name: 'vdb', serial: 'DISK-2' })]
    expect(selectDisk(whole, request({ serial: 'DISK-2' })).name).toBe('vdb')
  })

  test.each([['repave-keep'], ['REPAVE-KEEP'], ['repave-keep-data']])(
    'refuses a disk with a partition or a file system called %s (X06)',
    (label) => {
      const place = { number: 1, type: '0x83', sizeBytes: GiB }
      const kept = [
        { ...blankContents, partitions: [{ ...place, name: label, signatures: [] }] },
        { ...blankContents, signatures: [{ kind: 'ext4', label }] },
      ]
      for (const contents of kept) {
        const named = refusal([disk({ contents })], { serial: 'DISK-1' })
        expect(named.message).toContain(`labelled ${label}: to be kept`)
      }
    },
  )

  test('refuses a disk that is protected on this machine, by serial or by WWN (X06)', () => {
    const found = disk({ wwn: 'naa.1' })
    for (const name of ['DISK-1', 'naa.1']) {
      const { message } = refusal([found], { serial: 'DISK-1' }, { protectedDisks: [name] })
      expect(message).toContain(`protected on this machine (${name})`)
    }
  })

  test('never picks a data disk, and takes the one beside it (X06)', () => {
    const data = disk({ name: 'vdb', serial: 'DATA', sizeBytes: 64 * GiB })
    const change = { dataDisks: [{ minimumBytes: 32 * GiB }] }
    expect(selectDisk([disk(), data], request({}, change)).name).toBe('vda')
    const { message } = refusal([data], { serial: 'DATA' }, change)
    expect(message).toContain('a data disk: kept')
  })

  test('knows a disk without serial only by path and size, when a person has confirmed it (X12)', () => {
    const { serial: _serial, ...facts } = disk({ physicalPath: 'pci-0000:00:05.0' })
    const nameless = facts as Disk
    const rule = { path: 'pci-0000:00:05.0', minimumBytes: GiB }
    const approved = { physicalPath: 'pci-0000:00:05.0', sizeBytes: nameless.sizeBytes }
    expect(refusal([nameless]).message).toContain('has neither serial nor WWN: name it by path')
    expect(refusal([nameless], rule).message).toContain('a person has to confirm its plan')
    for (const change of [{ sizeBytes: 1 }, { physicalPath: 'other' }, { serial: 'A' }]) {
      const wrong = { approved: [{ ...approved, ...change }] }
      expect(refusal([nameless], rule, wrong).message).toContain('confirm its plan')
    }
    expect(selectDisk([nameless], request(rule, { approved: [approved] }))).toBe(nameless)
  })

  test('takes a serial that two disks state for none (X12)', () => {
    const twins = [disk({ physicalPath: 'a' }), disk({ name: 'vdb', physicalPath: 'b' })]
    const named = refusal(twins, { serial: 'DISK-1', path: 'b' })
    expect(named.message).toContain('shares its serial or WWN with another disk')
  })

  test('takes a disk seen over two ports for one, whichever comes first, and only by its WWN (X13)', () => {
    const ports = [
      disk({ name: 'sdb', wwn: 'naa.5', physicalPath: 'pci-1-sas-2' }),
      disk({ name: 'sda', wwn: 'naa.5', physicalPath: 'pci-1-sas-1' }),
    ]
    expect(refusal(ports).matching).toBe(0)
    expect(refusal(ports).message).toContain('seen over several paths (also sdb)')
    for (const seen of [ports, ports.toReversed()]) {
      expect(selectDisk(seen, request({ wwn: 'naa.5' })).name).toBe('sda')
    }
  })

  test('never gives a disk that is held, too small or one of several, for any inventory (X01-X13)', () => {
    const seldom = <Value>(rare: Value, usual: Value) =>
      fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, fc.constant(rare))
    const anyContents = fc.constantFrom<Disk['contents']>(
      undefined,
      blankContents,
      { unreadable: 'EIO' },
      { ...blankContents, signatures: [{ kind: 'ext4', label: 'repave-keep' }] },
      { ...blankContents, signatures: [{ kind: 'gfs2', sharedBy: 'a cluster' }] },
    )
    const anyDisk = fc.record({
      sizeBytes: fc.constantFrom(0, GiB - 1, GiB, 2 * GiB, 4 * GiB),
      serial: fc.constantFrom('A', 'B', 'C', 'D', 'E', undefined),
      wwn: fc.constantFrom('naa.1', 'naa.2', undefined),
      transport: fc.constantFrom('virtio', 'usb', 'iscsi', 'nvme'),
      rotational: fc.boolean(),
      removable: seldom(true, false),
      readOnly: seldom(true, false),
      inUseBy: seldom(['swap'], [] as string[]),
      contents: fc.oneof({ weight: 3, arbitrary: fc.constant(blankContents) }, anyContents),
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
    const anyInventory = fc.array(anyDisk, { maxLength: 4 })
    let chosenOnce = 0
    const property = fc.property(anyInventory, anyRule, (facts, rule) => {
      const disks = facts.map((fact, index) =>
        disk({ ...(fact as Partial<Disk>), name: `vd${index}` }),
      )
      const asked = request(rule, { protectedDisks: ['C'] })
      let chosen: Disk
      try {
        chosen = selectDisk(disks, asked)
      } catch (error) {
        expect(error).toBeInstanceOf(DiskNotSelectedError)
        return
      }
      chosenOnce++
      expect(chosen).toMatchObject({ inUseBy: [], readOnly: false, contents: blankContents })
      expect(chosen.sizeBytes).toBeGreaterThanOrEqual(GiB)
      expect(chosen.serial).not.toBe('C')
      expect(chosen.transport !== 'iscsi' || rule.wwn === chosen.wwn).toBe(true)
      const isLoose = chosen.removable || chosen.transport === 'usb'
      expect(!isLoose || rule.serial === chosen.serial).toBe(true)
      expect(
        disks.filter(({ serial }) => serial === chosen.serial).length === 1 || chosen.wwn,
      ).toBeTruthy()
    })
    fc.assert(property, { numRuns: 100_000 })
    expect(chosenOnce).toBeGreaterThan(200)
  })
})

describe('runSelectDisk', () => {
  const order = (change: Partial<DiskChoiceRequest> = {}) => ({
    action: 'select-disk' as const,
    ...request({}, { minimumBytes: 0, ...change }),
  })
  const log = () => undefined

  test('refuses to choose at all while one disk cannot be read (X11)', async () => {
    using tree = new KernelTree().disk('vda').disk('vdb').remove('/sys/block/vdb/size')
    using world = createAgentWorld('http://127.0.0.1:9', [], { files: tree.files })
    const choice = runSelectDisk(world, order(), { log })
    await expect(choice).rejects.toThrow('cannot tell what these disks are: vdb')
  })

  test('refuses a disk that does not give up its first bytes (X11)', async () => {
    using tree = new KernelTree().disk('vda', { serial: 'A' })
    using world = createAgentWorld('http://127.0.0.1:9', [], { files: tree.files })
    await expect(runSelectDisk(world, order(), { log })).rejects.toThrow('cannot be read: ENOENT')
  })

  test('refuses another disk, or another content, than a person agreed to lose (X07, X09)', async () => {
    using tree = new KernelTree().disk('vda', { serial: 'A', size: '8192' })
    tree.write({ '/dev/vda': new Uint8Array(4 * 1024 * 1024) })
    using world = createAgentWorld('http://127.0.0.1:9', [], { files: tree.files })
    const select = async (change: Partial<DiskChoiceRequest>) =>
      (await runSelectDisk(world, order(change), { log })).facts.disk
    const sizeBytes = 4 * 1024 * 1024
    await expect(select({ approved: [{ serial: 'B', sizeBytes }] })).rejects.toMatchObject({
      code: 'ERR_DISK_CHANGED',
    })
    const seen = await select({ approved: [{ serial: 'A', sizeBytes }] })
    if (seen?.contents === undefined || 'unreadable' in seen.contents) throw new Error('unread')
    const approved = [{ serial: 'A', sizeBytes, fingerprint: seen.contents.fingerprint }]
    expect(await select({ approved })).toEqual(seen)
    tree.write({ '/dev/vda': new Uint8Array(sizeBytes).fill(7) })
    await expect(select({ approved })).rejects.toThrow('first MiB is not what the plan showed')
  })

  test('tells which disks a rule keeps (X06)', async () => {
    using tree = new KernelTree()
      .disk('vda', { serial: 'A', size: '8192' })
      .disk('vdb', { serial: 'DATA', size: '16384', dev: '254:16' })
    tree.write({ '/dev/vda': new Uint8Array(4194304), '/dev/vdb': new Uint8Array(8388608) })
    using world = createAgentWorld('http://127.0.0.1:9', [], { files: tree.files })
    const { facts } = await runSelectDisk(world, order({ dataDisks: [{ serial: 'DATA' }] }), {
      log,
    })
    expect(facts.disk?.name).toBe('vda')
    expect(facts.dataDisks?.map(({ serial }) => serial)).toEqual(['DATA'])
  })
})
