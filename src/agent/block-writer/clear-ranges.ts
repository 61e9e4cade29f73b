import { allocateOne } from './aligned-memory.ts'
import type { DiskMedium } from './disk-medium.ts'
import { DiskIoError } from './errors.ts'
import { type ByteRange, headBytes } from './write-plan.ts'

/**
 * Makes ranges zero and has them on the medium, the first of them before any other is touched: without
 * the first sector firmware passes the disk over, whatever of the others the power leaves standing.
 *
 * @throws {DiskIoError}
 */
export async function clearRanges(target: DiskMedium, ranges: readonly ByteRange[]): Promise<void> {
  const [first, ...others] = ranges
  for (const part of [first === undefined ? [] : [first], others]) {
    if (part.length === 0) continue
    for (const range of part) await clear(target, range)
    await target.flush()
  }
}

async function clear(target: DiskMedium, { offset, length }: ByteRange): Promise<void> {
  const zeros = allocateOne(Math.min(length, headBytes))
  for (let done = 0; done < length; done += headBytes) {
    await target.write(zeros.subarray(0, Math.min(headBytes, length - done)), offset + done)
  }
}

/** Whether a range reads as zeros. @throws {DiskIoError} */
export async function isClear(target: DiskMedium, { offset, length }: ByteRange): Promise<boolean> {
  const found = allocateOne(length)
  await target.read(found, offset)
  return found.equals(allocateOne(length))
}

/** A disk that loses a write without a word would boot old code over new data. @throws {DiskIoError} */
export async function requireClear(
  target: DiskMedium,
  ranges: readonly ByteRange[],
): Promise<void> {
  for (const range of ranges) {
    if (await isClear(target, range)) continue
    throw new DiskIoError('read', range.offset, 'it was cleared, and reads back as something else')
  }
}
