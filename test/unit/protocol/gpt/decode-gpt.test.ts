import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { growToDisk } from '../../../../src/protocol/gpt/change-gpt.ts'
import { crc32 } from '../../../../src/protocol/gpt/crc32.ts'
import {
  decodeBackupGpt,
  decodeGpt,
  detectGptSectorBytes,
} from '../../../../src/protocol/gpt/decode-gpt.ts'
import { encodeGpt } from '../../../../src/protocol/gpt/encode-gpt.ts'
import { type GptTable } from '../../../../src/protocol/gpt/gpt-table.ts'
import { sampleTable } from '../../../fakes/sample-gpt.ts'

const withoutBootRecord = (table: GptTable) => {
  const { masterBootRecord: _, ...rest } = table
  return rest
}

describe('decodeGpt', () => {
  test('refuses an empty disk, a short one and one without signature', () => {
    expect(decodeGpt(new Uint8Array(0), 512)).toMatchObject({ ok: false })
    expect(decodeGpt(new Uint8Array(600), 512)).toMatchObject({ ok: false })
    expect(decodeGpt(new Uint8Array(65_536), 512)).toEqual({
      ok: false,
      reason: 'no header signature',
    })
  })

  test('refuses a table with any one bit flipped in header or entries', () => {
    const { primary } = encodeGpt(sampleTable())
    const bits = fc.integer({ min: 512 * 8, max: (512 + 92) * 8 - 1 })
    const entryBits = fc.integer({ min: 1024 * 8, max: (1024 + 128 * 128) * 8 - 1 })
    fc.assert(
      fc.property(fc.oneof(bits, entryBits), (bit) => {
        const damaged = primary.slice()
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(decodeGpt(damaged, 512).ok).toBe(false)
      }),
    )
  })

  test('never throws, whatever the bytes behind a valid signature', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 92, maxLength: 92 }), (header) => {
        const disk = new Uint8Array(40_000)
        disk.set(header, 512)
        disk.set(Buffer.from('EFI PART'), 512)
        new DataView(disk.buffer).setUint32(512 + 16, 0, true)
        const crc = crc32(disk.subarray(512, 512 + 92))
        new DataView(disk.buffer).setUint32(512 + 16, crc, true)
        decodeGpt(disk, 512)
      }),
    )
  })

  test('refuses overlapping partitions', () => {
    const table = sampleTable()
    const { primary } = encodeGpt(table)
    const forged = primary.slice()
    forged.set(forged.subarray(1024, 1024 + 128), 1024 + 128)
    const view = new DataView(forged.buffer)
    view.setUint32(512 + 88, crc32(forged.subarray(1024, 1024 + 128 * 128)), true)
    view.setUint32(512 + 16, 0, true)
    view.setUint32(512 + 16, crc32(forged.subarray(512, 604)), true)
    expect(decodeGpt(forged, 512)).toEqual({
      ok: false,
      reason: 'partition 2 is out of range or overlaps',
    })
  })

  test.each([512, 4096])('reads back what was written, %i-byte sectors', (sectorBytes) => {
    const table = sampleTable(sectorBytes)
    const { primary, backup } = encodeGpt(table)
    expect(detectGptSectorBytes(primary)).toBe(sectorBytes)
    const decoded = decodeGpt(primary, sectorBytes)
    expect(decoded.ok && withoutBootRecord(decoded.table)).toEqual(table)
    expect(decodeBackupGpt(backup, sectorBytes)).toEqual({ ok: true, table })
  })

  test('reads a Buffer that lies within a larger one, and leaves it alone', () => {
    const table = sampleTable()
    const { primary } = encodeGpt(table)
    const within = Buffer.concat([Buffer.alloc(100, 0xff), primary]).subarray(100)
    const decoded = decodeGpt(within, 512)
    if (!decoded.ok) throw new Error(decoded.reason)
    encodeGpt({ ...decoded.table, sectorCount: 131_072 })
    expect(within.equals(primary)).toBe(true)
  })

  test('keeps the boot code of sector 0 when the table is written again', () => {
    const masterBootRecord = new Uint8Array(512).fill(0x90, 0, 440)
    const { primary } = encodeGpt({ ...sampleTable(), masterBootRecord })
    const decoded = decodeGpt(primary, 512)
    if (!decoded.ok) throw new Error(decoded.reason)
    const grown = growToDisk(decoded.table, 131_072)
    if (!grown.ok) throw new Error(grown.reason)
    const again = encodeGpt(grown.table).primary
    expect(again.subarray(0, 440)).toEqual(masterBootRecord.subarray(0, 440))
    expect(again[446 + 4]).toBe(0xee)
    expect(new DataView(again.buffer).getUint32(446 + 12, true)).toBe(131_071)
    expect([...again.subarray(510, 512)]).toEqual([0x55, 0xaa])
  })
})
