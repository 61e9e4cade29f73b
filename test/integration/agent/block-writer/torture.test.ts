import { describe, expect, test } from 'vitest'

import { tortureCorrupt } from '../../../torture/corrupt.ts'
import { tortureIo } from '../../../torture/io.ts'
import { torturePower } from '../../../torture/power.ts'
import type { TortureOptions } from '../../../torture/tally.ts'

// The short forms of `npm run torture`; the seeds are fixed, so that every run meets the same faults.

const holds = async (
  torture: (options: TortureOptions) => Promise<boolean>,
  count: number,
  seed: number,
) => {
  const lines: string[] = []
  const isGood = await torture({ count, seed, print: (line) => lines.push(line) })
  expect(isGood, lines.join('\n')).toBe(true)
}

const timeoutMs = 600_000

describe('the writer under torture', { timeout: timeoutMs }, () => {
  test('disks that fail to read, write or flush, or are pulled out (B04, B05, B06)', () =>
    holds(tortureIo, 8, 1))

  test('bytes that change on the way or on the disk (B01, B02, B03, B13)', () =>
    holds(tortureCorrupt, 8, 1))

  test('power cut at 20 points, the cache of the disk lost (B11)', () => holds(torturePower, 20, 1))
})
