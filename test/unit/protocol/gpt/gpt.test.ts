import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 as zlibCrc32 } from 'node:zlib'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { addPartitionAtEnd, growToDisk } from '../../../../src/protocol/gpt/change-gpt.ts'
import { crc32 } from '../../../../src/protocol/gpt/crc32.ts'
import {
  decodeBackupGpt,
  decodeGpt,
  detectGptSectorBytes,
} from '../../../../src/protocol/gpt/decode-gpt.ts'
import { encodeGpt } from '../../../../src/protocol/gpt/encode-gpt.ts'
import {
  createGptTable,
  gptPartitionTypes,
  type GptTable,
} from '../../../../src/protocol/gpt/gpt-table.ts'
import { guidFromBytes, guidToBytes } from '../../../../src/protocol/gpt/guid.ts'

const diskGuid = '01234567-89ab-4def-8123-456789abcdef'

const sampleTable = (sectorBytes = 512, sectorCount = 65_536): GptTable =>
  createGptTable({
    sectorBytes,
    sectorCount,
    diskGuid,
    partitions: [
      {
        number: 1,
        typeGuid: gptPartitionTypes.biosBoot,
        partitionGuid: '11111111-2222-4333-8444-555555555555',
        firstLba: 2048,
        lastLba: 4095,
        attributes: 4n,
        name: 'bios',
      },
      {
        number: 3,
        typeGuid: gptPartitionTypes.linuxFilesystem,
        partitionGuid: '11111111-2222-4333-8444-666666666666',
        firstLba: 4096,
        lastLba: 32_767,
        attributes: 0n,
        name: 'root',
      },
    ],
  })

/** The whole disk, as a machine would find it. */
const diskOf = (table: GptTable) => {
  const disk = new Uint8Array(table.sectorBytes * table.sectorCount)
  const { primary, backup, backupOffsetBytes } = encodeGpt(table)
  disk.set(primary)
  disk.set(backup, backupOffsetBytes)
  return disk
}

const withoutBootRecord = (table: GptTable) => {
  const { masterBootRecord: _, ...rest } = table
  return rest
}

describe('crc32', () => {
  test('gives the check value of the standard', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926)
  })

  test('agrees with zlib on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32(bytes) === zlibCrc32(bytes)))
  })
})

describe('guidToBytes', () => {
  test('refuses what is no GUID', () => {
    expect(() => guidToBytes('c12a7328')).toThrow(RangeError)
  })

  test('writes the first three fields little-endian', () => {
    const bytes = guidToBytes(gptPartitionTypes.efiSystem)
    expect(Buffer.from(bytes).toString('hex')).toBe('28732ac11ff8d211ba4b00a0c93ec93b')
    expect(guidFromBytes(bytes)).toBe(gptPartitionTypes.efiSystem)
  })
})

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

describe('encodeGpt', () => {
  test('refuses a partition beyond the usable sectors', () => {
    const table = sampleTable()
    const [first] = table.partitions
    if (first === undefined) throw new Error('no partition')
    const partitions = [{ ...first, lastLba: table.lastUsableLba + 1 }]
    expect(() => encodeGpt({ ...table, partitions })).toThrow(RangeError)
  })

  test('writes a table in which sgdisk finds no problem', () => {
    const directory = mkdtempSync(join(tmpdir(), 'gpt-'))
    try {
      const path = join(directory, 'disk')
      writeFileSync(path, diskOf(sampleTable()))
      const report = execFileSync('sgdisk', ['--verify', '--print', path], { encoding: 'utf8' })
      expect(report).toContain('No problems found')
      expect(report).toContain(diskGuid.toUpperCase())
      expect(report).toMatch(/3\s+4096\s+32767\s+14.0 MiB\s+8300\s+root/)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

describe('growToDisk', () => {
  test('refuses a disk that is too small for the partitions', () => {
    expect(growToDisk(sampleTable(), 32_768)).toMatchObject({ ok: false })
  })

  test('moves the backup to the new end', () => {
    const grown = growToDisk(sampleTable(), 131_072)
    if (!grown.ok) throw new Error(grown.reason)
    expect(encodeGpt(grown.table).backupOffsetBytes).toBe((131_072 - 33) * 512)
    expect(decodeGpt(encodeGpt(grown.table).primary, 512)).toMatchObject({
      table: { sectorCount: 131_072, lastUsableLba: 131_072 - 34 },
    })
  })
})

describe('addPartitionAtEnd', () => {
  const wanted = {
    typeGuid: gptPartitionTypes.microsoftBasicData,
    partitionGuid: '11111111-2222-4333-8444-777777777777',
    name: 'seed',
    sectors: 8192,
  }

  test('refuses when there is no room after the last partition', () => {
    const full = growToDisk(sampleTable(), 40_000)
    if (!full.ok) throw new Error(full.reason)
    expect(addPartitionAtEnd(full.table, wanted)).toMatchObject({ ok: false })
  })

  test('takes the last aligned place and the next number', () => {
    const added = addPartitionAtEnd(sampleTable(), wanted)
    expect(added).toMatchObject({
      ok: true,
      partition: { number: 4, firstLba: 55_296, lastLba: 63_487 },
    })
  })

  test('gives a table that encodes, for any disk it accepts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 33_000, max: 10_000_000 }), (sectorCount) => {
        const grown = growToDisk(sampleTable(), sectorCount)
        const added = grown.ok ? addPartitionAtEnd(grown.table, wanted) : grown
        if (!added.ok) return
        expect(decodeGpt(encodeGpt(added.table).primary, 512)).toMatchObject({ ok: true })
      }),
    )
  })
})
