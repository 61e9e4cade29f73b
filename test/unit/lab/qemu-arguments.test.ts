import { describe, expect, it } from 'vitest'

import { planLab } from '../../../src/lab/lab-plan.ts'
import { qemuArguments } from '../../../src/lab/qemu-arguments.ts'

describe(qemuArguments, () => {
  const { machines } = planLab('/tmp/a', { biosMachines: 1, uefiMachines: 1 })
  const argumentsOf = (name: string) =>
    qemuArguments(
      machines.find((machine) => machine.name === name)!,
      'tcg',
    ).join(' ')

  it('boots from the network first and from the disk second', () => {
    expect(argumentsOf('bios-1')).toMatch(/virtio-net-pci,[^ ]*bootindex=1/)
    expect(argumentsOf('bios-1')).toMatch(/virtio-blk-pci,[^ ]*bootindex=2/)
  })

  it('empties the option ROM where the PXE stack of EDK2 is to be used', () => {
    expect(argumentsOf('uefi-1')).toContain('romfile=')
    expect(argumentsOf('bios-1')).not.toContain('romfile=')
  })

  it('gives UEFI machines firmware variables of their own, and the code read-only', () => {
    expect(argumentsOf('uefi-1')).toContain('readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd')
    expect(argumentsOf('uefi-1')).toContain('/tmp/a/machines/uefi-1/efivars.fd')
    expect(argumentsOf('bios-1')).not.toContain('pflash')
  })

  it('attaches no network but the tap', () => {
    expect(argumentsOf('bios-1').match(/-netdev/g)).toHaveLength(1)
    expect(argumentsOf('bios-1')).toContain('-nodefaults')
  })
})
