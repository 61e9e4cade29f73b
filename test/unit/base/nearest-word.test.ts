import { describe, expect, it } from 'vitest'

import { nearestWord } from '../../../src/base/nearest-word.ts'

describe(nearestWord, () => {
  it('finds nothing when every candidate is far away', () => {
    expect(nearestWord('colour', ['serial', 'model'])).toBeUndefined()
    expect(nearestWord('x', [])).toBeUndefined()
  })

  it('finds a candidate one slip of the finger away', () => {
    expect(nearestWord('serail', ['model', 'serial'])).toBe('serial')
    expect(nearestWord('tass', ['stages', 'tasks'])).toBe('tasks')
  })
})
