import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { durationText, readDurationMs } from '../../../src/presentation/duration-text.ts'

describe(durationText, () => {
  it.each([
    [-5, '0.0s'],
    [400, '0.4s'],
    [9940, '9.9s'],
    [9960, '10s'],
    [59_600, '1m00s'],
    [134_000, '2m14s'],
    [3_900_000, '1h05m'],
    [273_600_000, '3d04h'],
  ])('shows %i ms as %s', (durationMs, text) => {
    expect(durationText(durationMs)).toBe(text)
  })

  it('never takes more than seven characters below a thousand days', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_399_000_000 }), (durationMs) => {
        expect(durationText(durationMs).length).toBeLessThanOrEqual(7)
      }),
    )
  })
})

describe(readDurationMs, () => {
  it.each(['', '10', 'm', '1.5h', '10 m', '-3s', '1w'])('takes %j for no duration', (text) => {
    expect(readDurationMs(text)).toBeUndefined()
  })

  it('reads seconds, minutes, hours and days', () => {
    expect(['90s', '10m', '2h', '1d'].map(readDurationMs)).toEqual([
      90_000, 600_000, 7_200_000, 86_400_000,
    ])
  })
})
