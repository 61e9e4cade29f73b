import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { layoutOf, visibleRange } from '../../../src/tui/layout.ts'

describe(layoutOf, () => {
  it('is one line on a terminal too small for more (U02)', () => {
    expect(layoutOf(20, 5, false).kind).toBe('line')
    expect(layoutOf(39, 40, false).kind).toBe('line')
    expect(layoutOf(200, 9, false).kind).toBe('line')
  })

  it('puts list and detail side by side from 120 columns on, unless a machine is open', () => {
    expect(layoutOf(119, 24, false).kind).toBe('narrow')
    expect(layoutOf(120, 24, false).kind).toBe('wide')
    expect(layoutOf(120, 24, true)).toMatchObject({ kind: 'narrow', detailColumns: 120 })
  })

  it('never uses the last row, and never more columns than there are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 2, max: 200 }),
        (columns, rows) => {
          const layout = layoutOf(columns, rows, false)
          expect(layout.rows).toBe(rows - 1)
          expect(layout.listColumns).toBeLessThanOrEqual(columns)
          if (layout.kind === 'wide') {
            expect(layout.listColumns + 2 + layout.detailColumns).toBe(columns)
          }
        },
      ),
    )
  })
})

describe(visibleRange, () => {
  it('fills the room and always holds the selected row', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(5000), fc.nat(100), (count, wanted, rows) => {
        const selected = Math.min(wanted, Math.max(0, count - 1))
        const { first, end } = visibleRange(count, selected, rows)
        expect(end - first).toBe(Math.min(count, Math.max(1, rows)))
        if (count > 0) expect(selected >= first && selected < end).toBe(true)
      }),
    )
  })
})
