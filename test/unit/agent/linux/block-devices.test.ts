import { describe, expect, test } from 'vitest'

import { readBlockDevices } from '../../../../src/agent/linux/block-devices.ts'
import { KernelTree } from '../../../fakes/kernel-tree.ts'

describe('readBlockDevices', () => {
  const needed = ['size', 'removable', 'ro', 'dev', 'queue/logical_block_size', 'queue/rotational']
  test.each(needed)('leaves out a disk whose %s cannot be read, and says so (X11)', (fact) => {
    using tree = new KernelTree().disk('vda').disk('vdb', { dev: '254:16' })
    tree.remove(`/sys/block/vda/${fact}`)
    const gone = readBlockDevices(tree.files)
    expect(gone.disks.map(({ name }) => name)).toEqual(['vdb'])
    expect(gone.unreadable).toEqual([expect.stringMatching(/^vda: /)])
    tree.makeUnreadable(`/sys/block/vda/${fact}`)
    expect(readBlockDevices(tree.files).unreadable).toHaveLength(1)
  })

  test('leaves out a disk whose serial cannot be read, or whose size makes no sense (X11)', () => {
    using tree = new KernelTree().disk('vda').makeUnreadable('/sys/block/vda/serial')
    expect(readBlockDevices(tree.files).unreadable[0]).toContain('EISDIR')
    using strange = new KernelTree().disk('vda', { size: 'many' })
    expect(readBlockDevices(strange.files).unreadable[0]).toContain('not a number')
  })

  test('leaves out disks when the mounts cannot be read (X11)', () => {
    using tree = new KernelTree().disk('vda').remove('/proc/self/mountinfo')
    expect(readBlockDevices(tree.files)).toMatchObject({ disks: [], unreadable: [{}] })
  })

  test('skips what is no disk of the machine (B27)', () => {
    using tree = new KernelTree()
    const names = ['loop0', 'ram0', 'zram0', 'sr0', 'fd0', 'dm-0', 'md0', 'mmcblk0boot0', 'nbd0']
    for (const name of names) tree.disk(name)
    tree.disk('nvme0c0n1', { hidden: '1' })
    expect(readBlockDevices(tree.files)).toEqual({ disks: [], unreadable: [] })
  })

  test('reads a virtio disk', () => {
    using tree = new KernelTree().disk('vda', { serial: 'DISK-1\n' })
    expect(readBlockDevices(tree.files).disks).toEqual([
      {
        name: 'vda',
        path: '/dev/vda',
        sizeBytes: 4 * 1024 ** 3,
        logicalSectorBytes: 512,
        physicalSectorBytes: 4096,
        serial: 'DISK-1',
        physicalPath: 'pci-0000:00:04.0',
        transport: 'virtio',
        rotational: true,
        removable: false,
        readOnly: false,
        inUseBy: [],
      },
    ])
  })

  test('reads the serial of a SATA disk from its product data page, and its wwn and model', () => {
    const page = Buffer.from('\0\x80\0\x0c    S3Z8NB0K', 'latin1')
    const facts = {
      'device/vpd_pg80': page,
      'device/wwid': 'naa.5002538d41234567\n',
      'device/model': 'Samsung SSD 860 \n',
      'device/vendor': 'ATA     \n',
    }
    using tree = new KernelTree().disk('sda', facts, '/ata1/host0/target0:0:0/0:0:0:0')
    expect(readBlockDevices(tree.files).disks[0]).toMatchObject({
      serial: 'S3Z8NB0K',
      wwn: 'naa.5002538d41234567',
      model: 'Samsung SSD 860',
      vendor: 'ATA',
      transport: 'sata',
    })
  })

  test.each([
    ['nvme0n1', '/nvme/nvme0', { 'device/transport': 'pcie' }, 'nvme'],
    ['nvme0n1', '/nvme/nvme0', { 'device/transport': 'tcp' }, 'nvme-tcp'],
    ['sda', '/usb2/2-1/host6/target6:0:0', {}, 'usb'],
    ['sda', '/host3/session1/target3:0:0', {}, 'iscsi'],
    ['sda', '/host3/rport-3:0-1/target3:0:1', {}, 'fc'],
    ['sda', '/host0/port-0:0/end_device-0:0/target0:0:0', {}, 'sas'],
    ['sda', '/virtio3/host2/target2:0:0', {}, 'scsi'],
    ['mmcblk0', '/mmc_host/mmc0/mmc0:0001', {}, 'mmc'],
    ['xvda', '/vbd-51712', {}, 'unknown'],
  ])('knows how %s below %s is attached', (name, bus, facts, transport) => {
    using tree = new KernelTree().disk(name, facts, bus)
    expect(readBlockDevices(tree.files).disks[0]?.transport).toBe(transport)
  })

  test('tells an SD card from an eMMC (B27)', () => {
    const slot = '/mmc_host/mmc0/mmc0:0001'
    using card = new KernelTree().disk('mmcblk0', { 'device/type': 'SD\n' }, slot)
    expect(readBlockDevices(card.files).disks[0]?.transport).toBe('sd-card')
    using chip = new KernelTree().disk('mmcblk0', { 'device/type': 'MMC\n' }, slot)
    expect(readBlockDevices(chip.files).disks[0]?.transport).toBe('mmc')
  })

  test.each([
    ['vda', '/virtio3', {}, 'pci-0000:00:04.0'],
    ['nvme0n2', '/nvme/nvme0', { nsid: '2\n' }, 'pci-0000:00:04.0-nvme-2'],
    ['sda', '/ata3/host2/target2:0:0/2:0:0:0', {}, 'pci-0000:00:04.0-ata-3'],
    ['sda', '/virtio3/host2/target2:0:1/2:0:1:0', {}, 'pci-0000:00:04.0-scsi-0:0:1:0'],
    [
      'sda',
      '/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0',
      {},
      'pci-0000:00:04.0-usb-0:1:1.0-scsi-0:0:0:0',
    ],
  ])('names the slot of %s as udev does (X12)', (name, bus, facts, path) => {
    using tree = new KernelTree().disk(name, facts, bus)
    expect(readBlockDevices(tree.files).disks[0]?.physicalPath).toBe(path)
  })

  test('tells what is stacked on a disk, whatever the height, and where it is mounted (B15, X03)', () => {
    using tree = new KernelTree().disk('vda', {
      'vda1/partition': '1',
      'vda1/dev': '254:1',
      'vda1/holders/md0/dev': '9:0',
    })
    tree.write({
      '/sys/block/md0/dev': '9:0',
      '/sys/block/md0/holders/dm-0/dev': '253:0',
      '/sys/block/dm-0/dev': '253:0',
      '/proc/self/mountinfo': '36 35 253:0 / /srv rw - ext4 /dev/dm-0 rw\n',
    })
    expect(readBlockDevices(tree.files).disks.find(({ name }) => name === 'vda')?.inUseBy).toEqual([
      'holder dm-0',
      'holder md0',
      'mounted /srv',
    ])
  })

  test('tells what holds a disk or its partitions (B15, X03)', () => {
    using tree = new KernelTree().disk('vda', {
      'vda1/partition': '1',
      'vda1/dev': '254:1',
      'vda2/partition': '2',
      'vda2/dev': '254:2',
      'vda2/holders/dm-3/dev': '253:3',
    })
    tree.write({
      '/proc/self/mountinfo': '36 35 254:1 / /mnt rw - ext4 /dev/vda1 rw\n37 35 0:5 / /dev rw\n',
      '/proc/swaps': 'Filename Type Size Used Priority\n/dev/vda partition 10 0 -2\n',
    })
    expect(readBlockDevices(tree.files).disks[0]?.inUseBy).toEqual([
      'holder dm-3',
      'mounted /mnt',
      'swap /dev/vda',
    ])
  })

  test('makes hostile strings of the hardware inert', () => {
    using tree = new KernelTree().disk('vda', { serial: 'A\u001b[2JB\u0000' })
    expect(readBlockDevices(tree.files).disks[0]?.serial).toBe('A?[2JB')
  })
})
