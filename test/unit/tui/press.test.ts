import type { Key } from 'ink'
import { describe, expect, it } from 'vitest'

import { readPresses } from '../../../src/tui/press.ts'

const keyOf = (change: Partial<Key>) => change as Key

describe(readPresses, () => {
  it('takes nothing from keys that mean nothing', () => {
    expect(readPresses('q', keyOf({ ctrl: true }))).toEqual([])
    expect(readPresses('x', keyOf({ meta: true }))).toEqual([])
    expect(readPresses('\u0001', keyOf({}))).toEqual([])
  })

  it('reads letters, arrows and control keys', () => {
    expect(readPresses('j', keyOf({}))).toEqual([{ kind: 'character', character: 'j' }])
    expect(readPresses('', keyOf({ upArrow: true }))).toEqual([{ kind: 'key', key: 'up' }])
    expect(readPresses('', keyOf({ escape: true }))).toEqual([{ kind: 'key', key: 'escape' }])
    expect(readPresses('c', keyOf({ ctrl: true }))).toEqual([{ kind: 'key', key: 'interrupt' }])
  })

  it('reads keys that came in one piece one after the other', () => {
    expect(readPresses('jä\r', keyOf({}))).toEqual([
      { kind: 'character', character: 'j' },
      { kind: 'character', character: 'ä' },
      { kind: 'key', key: 'enter' },
    ])
  })
})
