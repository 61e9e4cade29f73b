import { describe, expect, it } from 'vitest'

import { planLab } from '../../../src/lab/lab-plan.ts'

describe(planLab, () => {
  const size = { biosMachines: 1, uefiMachines: 2 }

  it('gives the same rack for the same folder', () => {
    expect(planLab('/tmp/a', size)).toEqual(planLab('/tmp/a', size))
  })

  it('keeps two labs on one host apart by namespace, addresses and identities', () => {
    const [one, other] = [planLab('/tmp/a', size), planLab('/tmp/b', size)]
    expect(one.namespace).not.toBe(other.namespace)
    expect(one.machines[0]?.uuid).not.toBe(other.machines[0]?.uuid)
  })

  it('gives every machine a MAC address, serial number, disk serial and tap of its own', () => {
    const { machines } = planLab('/tmp/a', size)
    for (const key of ['macAddress', 'serialNumber', 'diskSerial', 'uuid', 'tap'] as const) {
      expect(new Set(machines.map((machine) => machine[key])).size).toBe(3)
    }
  })

  it('leaves one UEFI machine to the PXE stack of its firmware', () => {
    const roms = planLab('/tmp/a', size).machines.map(({ name, networkRom }) => [name, networkRom])
    expect(roms).toEqual([
      ['uefi-1', 'firmware'],
      ['uefi-2', 'ipxe'],
      ['bios-1', 'ipxe'],
    ])
  })
})
