import type { ByteRange } from '../block-writer/write-plan.ts'

/** The parts of `ranges` (sorted, apart from each other) that lie in the window, counted from its start. */
export function rangesWithin(ranges: readonly ByteRange[], window: ByteRange): ByteRange[] {
  const windowEnd = window.offset + window.length
  const found: ByteRange[] = []
  for (let index = firstEndingAfter(ranges, window.offset); index < ranges.length; index++) {
    const range = ranges[index]
    if (range === undefined || range.offset >= windowEnd) break
    const start = Math.max(range.offset, window.offset)
    const end = Math.min(range.offset + range.length, windowEnd)
    found.push({ offset: start - window.offset, length: end - start })
  }
  return found
}

/** Sorted by offset, neighbours and overlaps made one. */
export function mergeRanges(ranges: Iterable<ByteRange>): ByteRange[] {
  const merged: { offset: number; length: number }[] = []
  for (const { offset, length } of [...ranges].sort((a, b) => a.offset - b.offset)) {
    const last = merged.at(-1)
    if (last !== undefined && offset <= last.offset + last.length) {
      last.length = Math.max(last.length, offset + length - last.offset)
    } else if (length > 0) {
      merged.push({ offset, length })
    }
  }
  return merged
}

/** By halving: a large file system has a million free ranges, and every chunk asks. */
function firstEndingAfter(ranges: readonly ByteRange[], offset: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    const range = ranges[middle]
    if (range !== undefined && range.offset + range.length <= offset) low = middle + 1
    else high = middle
  }
  return low
}
