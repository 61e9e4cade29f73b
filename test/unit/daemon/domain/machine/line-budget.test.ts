import { describe, expect, it } from 'vitest'

import { LineBudget } from '../../../../../src/daemon/domain/machine/line-budget.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'

const lines = (count: number) => Array.from({ length: count }, (_value, index) => `line ${index}`)

describe('LineBudget', () => {
  it('leaves out what is too much, and says how much that was when there is room again', () => {
    const time = new ManualTime()
    const budget = new LineBudget(time)
    expect(budget.take(lines(600))).toHaveLength(500)
    expect(budget.take(lines(20))).toEqual([])
    time.advance(1000)
    const later = budget.take(lines(3))
    expect(later).toEqual(['(120 lines left out: too many at once)', ...lines(3)])
    expect(budget.take(lines(3))).toEqual(lines(3))
  })
})
