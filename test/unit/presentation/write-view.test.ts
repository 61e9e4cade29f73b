import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { nextWriteView, stalledMs, type WriteView } from '../../../src/presentation/write-view.ts'
import { sampleProgress } from '../../fakes/sample-fleet.ts'

describe(nextWriteView, () => {
  it('estimates nothing in the first three seconds of a phase', () => {
    const first = nextWriteView(undefined, sampleProgress(), 0)
    expect(nextWriteView(first, sampleProgress(), 2999).etaSeconds).toBeUndefined()
    expect(nextWriteView(first, sampleProgress(), 3000).etaSeconds).toBeCloseTo(3.0, 0)
  })

  it('begins anew when the read-back begins', () => {
    const write = nextWriteView(
      nextWriteView(undefined, sampleProgress(), 0),
      sampleProgress(),
      9000,
    )
    const verify = nextWriteView(write, sampleProgress({ phase: 'verify', doneBytes: 0 }), 10_000)
    expect(verify).toMatchObject({ phaseStartedAtMs: 10_000, advancedAtMs: 10_000 })
    expect(verify.etaSeconds).toBeUndefined()
  })

  it('keeps the size of the image while only its first MiB is left', () => {
    const verify = nextWriteView(undefined, sampleProgress({ phase: 'verify' }), 0)
    const commit = sampleProgress({ phase: 'commit', doneBytes: 0, totalBytes: 1_048_576 })
    expect(nextWriteView(verify, commit, 1000).imageBytes).toBe(sampleProgress().totalBytes)
  })

  it('lets the estimate at most double or halve from one report to the next', () => {
    const rates = fc.array(fc.integer({ min: 1, max: 2 ** 40 }), { minLength: 2, maxLength: 30 })
    fc.assert(
      fc.property(rates, (all) => {
        let view: WriteView | undefined = nextWriteView(undefined, sampleProgress(), 0)
        for (const [index, bytesPerSecond] of all.entries()) {
          const next = nextWriteView(view, sampleProgress({ bytesPerSecond }), 4000 + index)
          const before = view.etaSeconds
          if (before !== undefined && next.etaSeconds !== undefined) {
            expect(next.etaSeconds).toBeGreaterThanOrEqual(before / 2)
            expect(next.etaSeconds).toBeLessThanOrEqual(Math.max(before * 2, 1))
          }
          view = next
        }
      }),
    )
  })
})

describe(stalledMs, () => {
  it('tells after ten seconds without a byte, unless all are there', () => {
    const view = nextWriteView(undefined, sampleProgress(), 0)
    expect(stalledMs(view, 10_000)).toBeUndefined()
    expect(stalledMs(view, 10_001)).toBe(10_001)
    const { totalBytes } = sampleProgress()
    const full = nextWriteView(undefined, sampleProgress({ doneBytes: totalBytes }), 0)
    expect(stalledMs(full, 60_000)).toBeUndefined()
  })
})
