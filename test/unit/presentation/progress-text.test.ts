import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  barText,
  doneOfTotalText,
  etaText,
  percentText,
  progressText,
} from '../../../src/presentation/progress-text.ts'
import { nextWriteView } from '../../../src/presentation/write-view.ts'
import { sampleProgress } from '../../fakes/sample-fleet.ts'

describe(percentText, () => {
  it('says 100% only when every byte is done', () => {
    expect(percentText({ doneBytes: 999_999, totalBytes: 1_000_000 })).toBe('99%')
    expect(percentText({ doneBytes: 1_000_000, totalBytes: 1_000_000 })).toBe('100%')
  })

  it('takes nothing to do for done', () => {
    expect(percentText({ doneBytes: 0, totalBytes: 0 })).toBe('100%')
  })
})

describe(doneOfTotalText, () => {
  it('shows both in the unit of the total', () => {
    expect(doneOfTotalText(1.3 * 1024 ** 3, 2.2 * 1024 ** 3)).toBe('1.3/2.2 GiB')
    expect(doneOfTotalText(1024 ** 2, 200 * 1024 ** 2)).toBe('1/200 MiB')
    expect(doneOfTotalText(0, 512)).toBe('0.0/0.5 KiB')
  })
})

describe(etaText, () => {
  it.each([
    [0.2, '~1 s'],
    [3.4, '~3 s'],
    [38, '~40 s'],
    [58, '~1 min'],
    [119, '~2 min'],
    [4200, '~1 h 10 min'],
    [7200, '~2 h'],
  ])('rounds %d s to %s', (seconds, text) => {
    expect(etaText(seconds)).toBe(text)
  })
})

describe(barText, () => {
  it('is exactly as wide as asked for, whatever the share', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.nat(200), fc.boolean(), (share, width, ascii) => {
        expect(barText(share, width, ascii)).toHaveLength(width)
      }),
    )
  })
})

describe(progressText, () => {
  it('names share, bytes, rate and estimate', () => {
    const first = nextWriteView(undefined, sampleProgress({ doneBytes: 0 }), 0)
    const view = nextWriteView(first, sampleProgress(), 4000)
    expect(progressText(view, 4000)).toBe(' 58%  1.3/2.2 GiB  312 MiB/s  ETA ~3 s')
  })

  it('leaves out what is not known yet', () => {
    const view = nextWriteView(undefined, sampleProgress({ bytesPerSecond: 0 }), 0)
    expect(progressText(view, 0)).toBe(' 58%  1.3/2.2 GiB')
  })

  it('tells that a write stands still instead of an estimate', () => {
    const first = nextWriteView(undefined, sampleProgress(), 0)
    const view = nextWriteView(first, sampleProgress(), 12_000)
    expect(progressText(view, 12_000)).toContain('stalled 12s')
  })
})
