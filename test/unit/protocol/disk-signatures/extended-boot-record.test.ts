import { expect, test } from 'vitest'

import { decodeExtendedBootRecord } from '../../../../src/protocol/disk-signatures/partition-entries.ts'

const recordWith = (firstSector: number) => {
  const sector = Buffer.alloc(512)
  sector[446 + 4] = 0x83
  sector.writeUInt32LE(firstSector, 446 + 8)
  sector.writeUInt32LE(64, 446 + 12)
  sector.writeUInt16LE(0xaa55, 510)
  return sector
}
const places = { extendedBytes: 0, recordBytes: 0, number: 5 }

test('decodeExtendedBootRecord finds no partition that begins on the record itself', () => {
  expect(decodeExtendedBootRecord(recordWith(0), 512, places)).toEqual({})
  const { partition } = decodeExtendedBootRecord(recordWith(2), 512, places)
  expect(partition).toMatchObject({ number: 5, offsetBytes: 1024, sizeBytes: 32_768 })
})
