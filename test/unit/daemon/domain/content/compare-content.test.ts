import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { ContentValue } from '../../../../../src/contract/content-documents.ts'
import { compareContent } from '../../../../../src/daemon/domain/content/compare-content.ts'

const object = (name: string, value: ContentValue) => ({ kind: 'workflow' as const, name, value })
const keysOf = (before: ContentValue, after: ContentValue) =>
  compareContent([object('w', before)], [object('w', after)])[0]?.keys

describe(compareContent, () => {
  it('tells what is added, changed and removed, by name', () => {
    const before = [object('b', { a: 1 }), object('c', { a: 1 }), object('same', [1])]
    const after = [object('a', {}), object('c', { a: 2 }), object('same', [1])]
    expect(compareContent(before, after).map(({ name, change }) => `${change} ${name}`)).toEqual([
      ...['added a', 'removed b', 'changed c'],
    ])
  })

  it('follows lists of named things by name, and other lists by place', () => {
    const stages = (seconds: number) => ({
      stages: [{ name: 'write', timeout: seconds }, { name: 'x' }],
    })
    expect(keysOf(stages(1), stages(2))).toEqual([
      { path: 'stages[write].timeout', before: 1, after: 2 },
    ])
    expect(keysOf({ l: ['a', 'b'] }, { l: ['a', 'c', 'd'] })).toEqual([
      { path: 'l[1]', before: 'b', after: 'c' },
      { path: 'l[2]', after: 'd' },
    ])
    expect(keysOf({ l: { a: 1 } }, { l: [1] })).toEqual([
      { path: 'l', before: { a: 1 }, after: [1] },
    ])
  })

  it('takes the order of stages for a difference, and the order of keys for none', () => {
    const [a, b] = [{ name: 'a' }, { name: 'b' }]
    expect(keysOf({ s: [a, b] }, { s: [b, a] })).toEqual([
      { path: 's', before: [a, b], after: [b, a] },
    ])
    expect(keysOf({ a: 1, b: 2 }, { b: 2, a: 1 })).toBeUndefined()
  })

  it('finds a difference exactly where there is one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, two) => {
        const [before, after] = [one as ContentValue, two as ContentValue]
        const sorted = (value: unknown): string =>
          JSON.stringify(value, (_key, inner: unknown) =>
            typeof inner === 'object' && inner !== null && !Array.isArray(inner)
              ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
              : inner,
          )
        expect(keysOf(before, structuredClone(before))).toBeUndefined()
        expect(keysOf(before, after) === undefined).toBe(sorted(before) === sorted(after))
      }),
    )
  })
})
