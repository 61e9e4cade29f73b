import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  type Qcow2Layout,
  readL1Entry,
  readL2Entry,
} from '../../../../src/protocol/qcow2/qcow2-entries.ts'

const layout: Qcow2Layout = { version: 3, clusterBits: 16, fileBytes: 1_000_000 }
const entry = (high: number, low: number) => {
  const view = new DataView(new ArrayBuffer(8))
  view.setUint32(0, high)
  view.setUint32(4, low)
  return view
}
const copied = 0x8000_0000
const compressed = 0x4000_0000

describe(readL1Entry, () => {
  it.each([
    ['a table behind the end', copied, 983_040],
    ['a table at 2^55', copied | 0x0080_0000, 0],
    ['a table within a cluster', copied, 65_536 + 512],
    ['a reserved high bit', copied | 0x0100_0000, 65_536],
    ['a reserved low bit', copied, 65_537],
  ])('I01 refuses %s', (_name, high, low) => {
    expect(readL1Entry(entry(high, low), 0, layout)).toMatchObject({ kind: 'refused' })
  })

  it('finds a table, or that there is none', () => {
    const found = { kind: 'table', offset: 65_536 }
    expect(readL1Entry(entry(copied, 65_536), 0, layout)).toEqual(found)
    expect(readL1Entry(entry(0, 0), 0, layout)).toEqual({ kind: 'absent' })
  })
})

describe(readL2Entry, () => {
  it.each([
    ['a cluster behind the end', copied, 1_048_576],
    ['a cluster at 2^55', copied | 0x0080_0000, 0],
    ['a cluster within a cluster', copied, 65_536 + 512],
    ['a reserved high bit', copied | 0x2000_0000, 65_536],
    ['a reserved low bit', copied, 65_536 + 2],
    ['compressed data at the header', compressed, 0],
    ['compressed data behind the end', compressed, 1_000_000],
    ['compressed data at 2^53', compressed | 0x0020_0000, 0],
  ])('I01 refuses %s', (_name, high, low) => {
    expect(readL2Entry(entry(high, low), 0, layout)).toMatchObject({ kind: 'refused' })
  })

  it('I01 refuses the mark of a zero cluster in a version that has none', () => {
    const version2 = { ...layout, version: 2 } as const
    expect(readL2Entry(entry(copied, 65_537), 0, version2)).toMatchObject({ kind: 'refused' })
    expect(readL2Entry(entry(copied, 65_537), 0, layout)).toEqual({ kind: 'zero' })
  })

  it('finds data, zeros and compressed data', () => {
    expect(readL2Entry(entry(0, 0), 0, layout)).toEqual({ kind: 'zero' })
    expect(readL2Entry(entry(copied, 0), 0, layout)).toEqual({ kind: 'zero' })
    expect(readL2Entry(entry(copied, 131_072), 0, layout)).toEqual({
      kind: 'data',
      offset: 131_072,
    })
    // Offset in the low 54 bits, one further sector above them.
    expect(readL2Entry(entry(compressed | 0x0040_0000, 70_000), 0, layout)).toEqual({
      kind: 'compressed',
      offset: 70_000,
      bytes: 69_632 + 1024 - 70_000,
    })
  })

  it('gives for any entry a place inside the file, or a reason', () => {
    const word = fc.integer({ min: 0, max: 0xffff_ffff })
    const layouts = fc.record({
      version: fc.constantFrom(2 as const, 3 as const),
      clusterBits: fc.integer({ min: 9, max: 21 }),
      fileBytes: fc.nat(2 ** 31 - 1),
    })
    fc.assert(
      fc.property(word, word, layouts, (high, low, any) => {
        const found = readL2Entry(entry(high, low), 0, any)
        if (found.kind === 'data') expect(found.offset).toBeLessThan(any.fileBytes)
        if (found.kind === 'compressed') {
          expect(found.bytes).toBeGreaterThan(0)
          expect(found.offset + found.bytes).toBeLessThanOrEqual(any.fileBytes)
        }
        const table = readL1Entry(entry(high, low), 0, any)
        if (table.kind === 'table') {
          expect(table.offset + 2 ** any.clusterBits).toBeLessThanOrEqual(any.fileBytes)
        }
      }),
    )
  })
})
