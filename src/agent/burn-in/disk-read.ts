import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

import { MEBIBYTE } from '../../base/byte-size.ts'
import { allocateOne } from '../block-writer/aligned-memory.ts'
import { DiskDescriptor } from '../block-writer/disk-descriptor.ts'

const stepBytes = 4 * MEBIBYTE

export interface ReadDisk {
  readonly path: string
  readonly sizeBytes: number
}

/**
 * Reads a disk from its first byte to its last, or until the time is over. Writes nothing.
 *
 * @returns bytes read
 * @throws {DiskIoError} with the place that cannot be read
 */
export async function burnInDisk(
  { path, sizeBytes }: ReadDisk,
  milliseconds: number,
  signal: AbortSignal,
  isDirect = true,
): Promise<number> {
  const flags = constants.O_RDONLY | (isDirect ? constants.O_DIRECT : 0)
  await using handle = await open(path, flags)
  const disk = new DiskDescriptor(handle.fd)
  const buffer = allocateOne(stepBytes)
  const endMs = performance.now() + milliseconds
  let offset = 0
  while (offset < sizeBytes && performance.now() < endMs) {
    signal.throwIfAborted()
    const length = Math.min(stepBytes, sizeBytes - offset)
    await disk.read(buffer.subarray(0, length), offset)
    offset += length
  }
  return offset
}
