import { decodeBackupGpt, decodeGpt } from '../../../src/protocol/gpt/decode-gpt.ts'
import type { SignedImage } from '../../fakes/signed-image.ts'

const MiB = 1024 * 1024

/**
 * What firmware makes of a disk: `new` the whole new image, proven bytes and nothing else that boots;
 * `old` all that was there before; `nothing` to boot; or `half`, which must never be.
 */
export type Verdict = 'new' | 'old' | 'nothing' | 'half'

export interface DiskHistory {
  readonly before: Buffer
  readonly image: SignedImage
}

/** Strict: a firmware that takes any intact table for a disk that boots is thought of as well. */
export function judgeDisk(disk: Buffer, { before, image }: DiskHistory): Verdict {
  if (isWhole(disk, image)) return 'new'
  if (disk.equals(before)) return 'old'
  if (disk.readUInt16LE(510) === 0xaa55) return 'half'
  const { sectorBytes } = image.manifest
  const hasTable =
    decodeGpt(disk.subarray(0, MiB), sectorBytes).ok ||
    decodeBackupGpt(disk.subarray(-MiB), sectorBytes).ok
  if (!hasTable) return 'nothing'
  const isOf = (whole: Buffer) => systemOf(disk, image).equals(systemOf(whole, image))
  return isOf(before) || isOf(image.raw) ? 'nothing' : 'half'
}

/** All of the image, and the end of the disk clear. */
function isWhole(disk: Buffer, { raw }: SignedImage): boolean {
  const end = disk.subarray(Math.max(raw.length, disk.length - MiB))
  return disk.subarray(0, raw.length).equals(raw) && end.every((byte) => byte === 0)
}

/** What lies between the tables. */
function systemOf(disk: Buffer, { raw }: SignedImage): Buffer {
  return disk.subarray(MiB, raw.length - MiB)
}
