import { describe, expect, test } from 'vitest'

import { probeDisk } from '../../../../src/protocol/disk-signatures/probe-disk.ts'
import { deviceImage } from '../../../fakes/device-images.ts'

const probe = (bytes: Uint8Array) =>
  probeDisk({
    sizeBytes: bytes.length,
    sectorBytes: 512,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  })

const slot = (type: number, startSector: number, sectors: number) => {
  const word = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, 0]
  return [0, 0, 0, 0, type, 0, 0, 0, ...word(startSector), ...word(sectors)]
}
const mark = [0x55, 0xaa]

describe('probeDisk', () => {
  test('ends where a chain of extended records leads back, or out of the disk', async () => {
    const loop = deviceImage([
      [446, slot(5, 100, 3000)],
      [510, mark],
      [100 * 512 + 446, [...slot(0x83, 10, 20), ...slot(5, 100, 50)]],
      [100 * 512 + 510, mark],
      [200 * 512 + 446, [...slot(0x83, 10, 20), ...slot(5, 100, 50)]],
      [200 * 512 + 510, mark],
    ])
    const { partitions, table } = await probe(loop)
    expect(table).toBe('mbr')
    expect(partitions.map(({ number, offsetBytes }) => [number, offsetBytes / 512])).toEqual([
      [5, 110],
      [6, 210],
    ])
    const away = deviceImage([
      [446, slot(5, 0xff_ffff, 3000)],
      [510, mark],
    ])
    expect((await probe(away)).partitions).toEqual([])
  })

  test('cuts a partition that ends behind the disk, and still looks at its start', async () => {
    const bytes = deviceImage([
      [446, slot(0x83, 1000, 0xff_ffff)],
      [510, mark],
      [1000 * 512, 'XFSB'],
    ])
    const [partition] = (await probe(bytes)).partitions
    expect(partition?.signatures).toEqual([{ kind: 'xfs' }])
  })

  test('takes the code of a boot sector for no partition table', async () => {
    const bytes = deviceImage([
      [3, 'NTFS    '],
      [510, mark],
    ])
    expect(await probe(bytes)).toEqual({
      ...{ table: 'none', partitions: [] },
      signatures: [{ kind: 'ntfs' }],
    })
  })
})
