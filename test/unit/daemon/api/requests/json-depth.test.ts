import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { jsonDepth } from '../../../../../src/daemon/api/requests/json-depth.ts'

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0

describe(jsonDepth, () => {
  it('counts ten thousand brackets without recursion (H05)', () => {
    expect(jsonDepth('['.repeat(10_000))).toBe(10_000)
  })

  it('does not count brackets inside strings', () => {
    expect(jsonDepth(JSON.stringify({ a: '[[[{"\\"[[' }))).toBe(1)
  })

  it('agrees with the depth of any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonDepth(JSON.stringify(value))).toBe(depthOf(value))
      }),
    )
  })
})
