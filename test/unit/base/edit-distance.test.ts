import { describe, expect, it } from 'vitest'

import { editDistance } from '../../../src/base/edit-distance.ts'

describe(editDistance, () => {
  it.each([
    ['', '', 0],
    ['serve', 'serve', 0],
    ['sevre', 'serve', 1],
    ['mashine', 'machine', 1],
    ['imagge', 'image', 1],
    ['', 'run', 3],
    ['lab', 'start', 4],
  ])('%j is %j after so many edits', (left, right, edits) => {
    expect(editDistance(left, right)).toBe(edits)
  })
})
