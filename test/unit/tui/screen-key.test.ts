import type { Key } from 'ink'
import { describe, expect, it } from 'vitest'

import { readScreenKeys } from '../../../src/tui/screen-key.ts'

const keyOf = (change: Partial<Key>) => change as Key

describe(readScreenKeys, () => {
  it('takes nothing from keys that mean nothing', () => {
    expect(readScreenKeys('x', keyOf({}))).toEqual([])
    expect(readScreenKeys('q', keyOf({ ctrl: true }))).toEqual([])
    expect(readScreenKeys('toString', keyOf({}))).not.toContain(undefined)
  })

  it('reads letters, arrows and control keys', () => {
    expect(readScreenKeys('j', keyOf({}))).toEqual(['down'])
    expect(readScreenKeys('', keyOf({ upArrow: true }))).toEqual(['up'])
    expect(readScreenKeys('', keyOf({ escape: true }))).toEqual(['back'])
    expect(readScreenKeys('c', keyOf({ ctrl: true }))).toEqual(['quit'])
  })

  it('reads keys that came in one piece one after the other', () => {
    expect(readScreenKeys('jj\r', keyOf({}))).toEqual(['down', 'down', 'open'])
  })
})
