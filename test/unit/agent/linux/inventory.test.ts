import { describe, expect, test } from 'vitest'

import { takeInventory } from '../../../../src/agent/linux/inventory.ts'
import { readMacAddress } from '../../../../src/base/mac-address.ts'
import { inventorySchema } from '../../../../src/contract/machine.ts'
import { KernelTree } from '../../../fakes/kernel-tree.ts'

const facts = {
  machine: 'x86_64',
  bootMac: readMacAddress('52:54:00:aa:bb:01'),
  addressesOf: (name: string) => (name === 'eth0' ? ['10.77.0.10'] : []),
}

const usualTree = () =>
  new KernelTree().disk('vda').write({
    '/proc/cpuinfo':
      'processor\t: 0\nmodel name\t: QEMU CPU\n\nprocessor\t: 1\nmodel name\t: QEMU CPU\n',
    '/proc/meminfo': 'MemTotal:        2035204 kB\nMemFree: 1 kB\n',
    '/proc/sys/kernel/osrelease': '6.1.0-32-amd64\n',
    '/sys/class/dmi/id/sys_vendor': 'QEMU\n',
    '/sys/class/dmi/id/product_name': 'Standard PC\n',
    '/sys/class/dmi/id/product_serial': 'NODE-1\n',
    '/sys/class/dmi/id/product_uuid': 'ABCDEF00-1111-4222-8333-444455556666\n',
    '/sys/class/net/lo/type': '772\n',
    '/sys/class/net/eth0/type': '1\n',
    '/sys/class/net/eth0/address': '52:54:00:aa:bb:01\n',
    '/sys/class/net/eth0/carrier': '1\n',
    '/sys/class/net/eth0/speed': '10000\n',
    '/sys/class/net/eth0/device/vendor': '0x1af4\n',
    '/sys/class/net/eth1/type': '1\n',
    '/sys/class/net/eth1/address': '52:54:00:aa:bb:02\n',
    '/sys/class/net/eth1/speed': '-1\n',
    '/sys/class/net/eth1/device/vendor': '0x1af4\n',
    '/sys/class/net/bridge0/type': '1\n',
    '/sys/class/net/bridge0/address': '52:54:00:aa:bb:03\n',
  })

describe('takeInventory', () => {
  test('works on a machine that tells nothing about itself', () => {
    using tree = new KernelTree()
    const { inventory, unreadableDisks } = takeInventory(tree.files, facts)
    expect(unreadableDisks).toEqual([])
    expect(inventorySchema.parse(inventory)).toEqual({
      firmwareMode: 'bios',
      arch: 'x86_64',
      system: {},
      cpu: { model: 'unknown', logicalCores: 1 },
      memoryBytes: 0,
      disks: [],
      networkInterfaces: [],
      kernelRelease: 'unknown',
    })
  })

  test('tells what the machine is made of, in the words of the contract', () => {
    using tree = usualTree()
    tree.link('/sys/class/net/eth0/device/driver', '/sys/bus/virtio/drivers/virtio_net')
    const { inventory } = takeInventory(tree.files, facts)
    expect(inventorySchema.parse(inventory)).toMatchObject({
      firmwareMode: 'bios',
      system: {
        manufacturer: 'QEMU',
        productName: 'Standard PC',
        serialNumber: 'NODE-1',
        uuid: 'abcdef00-1111-4222-8333-444455556666',
      },
      cpu: { model: 'QEMU CPU', logicalCores: 2 },
      memoryBytes: 2_035_204 * 1024,
      disks: [{ name: 'vda' }],
      kernelRelease: '6.1.0-32-amd64',
    })
    expect(inventory.networkInterfaces).toEqual([
      {
        name: 'eth0',
        macAddress: '52:54:00:aa:bb:01',
        driver: 'virtio_net',
        linkUp: true,
        speedMegabits: 10_000,
        bootedFrom: true,
        addresses: ['10.77.0.10'],
      },
      {
        name: 'eth1',
        macAddress: '52:54:00:aa:bb:02',
        linkUp: false,
        bootedFrom: false,
        addresses: [],
      },
    ])
  })

  test('knows UEFI by what the kernel shows of it', () => {
    using tree = usualTree().write({ '/sys/firmware/efi/runtime': '0x0' })
    expect(takeInventory(tree.files, facts).inventory.firmwareMode).toBe('uefi')
  })
})
