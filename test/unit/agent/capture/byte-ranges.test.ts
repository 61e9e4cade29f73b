import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { mergeRanges, rangesWithin } from '../../../../src/agent/capture/byte-ranges.ts'

const ranges = fc.array(fc.record({ offset: fc.nat(500), length: fc.nat(60) }), { maxLength: 20 })

/** Which bytes the ranges cover. */
function covered(of: readonly { offset: number; length: number }[]): Set<number> {
  return new Set(of.flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i)))
}

describe(mergeRanges, () => {
  test('covers the same bytes, sorted and apart from each other', () => {
    fc.assert(
      fc.property(ranges, (given) => {
        const merged = mergeRanges(given)
        expect(covered(merged)).toEqual(covered(given))
        for (const [index, range] of merged.slice(1).entries()) {
          const before = merged[index] ?? { offset: 0, length: 0 }
          expect(range.offset).toBeGreaterThan(before.offset + before.length)
        }
      }),
    )
  })
})

describe(rangesWithin, () => {
  test('gives just the bytes that lie in the window, counted from its start', () => {
    fc.assert(
      fc.property(ranges, fc.nat(500), fc.nat(100), (given, offset, length) => {
        const merged = mergeRanges(given)
        const expected = [...covered(merged)]
          .filter((byte) => byte >= offset && byte < offset + length)
          .map((byte) => byte - offset)
        expect(covered(rangesWithin(merged, { offset, length }))).toEqual(new Set(expected))
      }),
    )
  })
})
