import { describe, expect, test } from 'vitest'

import { type Disk, type Machine, mostProtectedDisks } from '../../../../../src/contract/machine.ts'
import {
  protectedAfter,
  protectedAlso,
} from '../../../../../src/daemon/domain/machine/protected-disks.ts'

const serials = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `S${from + index}`)
const machine = (protectedDisks: string[]) => ({ name: 'node-1', protectedDisks }) as Machine
const disks = (names: string[]) => names.map((serial) => ({ serial }) as Disk)

describe(protectedAfter, () => {
  test('refuses more than a record may hold, and says how many it would be', () => {
    const full = machine(serials(mostProtectedDisks))
    expect(() => protectedAfter(full, ['one-more'])).toThrow(`${mostProtectedDisks + 1} disks`)
    expect(protectedAfter(full, ['one-more'], ['S0']).protectedDisks).toHaveLength(
      mostProtectedDisks,
    )
  })
})

describe(protectedAlso, () => {
  test('keeps what is protected already when a machine goes on inventing disks', () => {
    const invented = disks(serials(mostProtectedDisks, 1))
    const { protectedDisks = [] } = protectedAlso(machine(['S0']), invented)
    expect(protectedDisks).toHaveLength(mostProtectedDisks)
    expect(protectedDisks[0]).toBe('S0')
  })
})
