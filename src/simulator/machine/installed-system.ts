import { closeSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

import { MEBIBYTE } from '../../base/byte-size.ts'
import { decodeGpt } from '../../protocol/gpt/decode-gpt.ts'
import type { GptPartition } from '../../protocol/gpt/gpt-table.ts'

const sectorBytes = 512
/** No seed volume is larger. */
const largestSeedBytes = 8 * MEBIBYTE
const startBytes = MEBIBYTE

/** Whether firmware finds something to start: a boot sector's signature and a sound partition table. */
export function isBootable(diskFile: string): boolean {
  const start = Buffer.alloc(startBytes)
  const file = openSync(diskFile, 'r')
  try {
    readSync(file, start, 0, start.length, 0)
  } finally {
    closeSync(file)
  }
  return start.readUInt16BE(510) === 0x55aa && decodeGpt(start, sectorBytes).ok
}

/** Where the system on the disk is told to call home, as its seed volume says; undefined without one. */
export async function phoneHomeUrlOn(diskFile: string): Promise<string | undefined> {
  await using disk = await open(diskFile, 'r')
  const start = await read(disk, 0, startBytes)
  const decoding = decodeGpt(start, sectorBytes)
  const partitions = decoding.ok ? decoding.table.partitions : []
  for (const partition of partitions) {
    const text = await textOf(disk, partition)
    // The first sector of a FAT volume holds its label, or the root directory behind it does.
    if (text.includes('CIDATA')) return /"url": "(http:[^"]+\/phone-home\/[\w-]+)"/.exec(text)?.[1]
  }
  return undefined
}

async function textOf(disk: FileHandle, { firstLba, lastLba }: GptPartition): Promise<string> {
  const sizeBytes = (lastLba - firstLba + 1) * sectorBytes
  if (sizeBytes > largestSeedBytes) return ''
  return (await read(disk, firstLba * sectorBytes, sizeBytes)).toString('latin1')
}

async function read(disk: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  await disk.read(bytes, 0, length, offset)
  return bytes
}
