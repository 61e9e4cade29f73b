import { describe, expect, it } from 'vitest'

import { nearestNames } from '../../../src/presentation/nearest-names.ts'

describe(nearestNames, () => {
  it('offers nothing where nothing is near', () => {
    expect(nearestNames('rack-7', ['debian-12', 'ubuntu'])).toEqual([])
  })

  it('offers at most three, nearest first', () => {
    const known = ['node-10', 'node-1', 'node-2', 'node-3', 'node-4', 'switch']
    expect(nearestNames('nod-1', known)).toEqual(['node-1'])
    expect(nearestNames('node-9', known)).toHaveLength(3)
  })

  it('completes what was begun', () => {
    expect(nearestNames('deb', ['debian-12-minimal'])).toEqual(['debian-12-minimal'])
  })
})
