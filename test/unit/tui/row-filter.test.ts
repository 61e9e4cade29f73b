import { describe, expect, it } from 'vitest'

import { passesFilter } from '../../../src/tui/row-filter.ts'

const row = { name: 'node-7', state: 'failed', image: 'Debian-12' }

describe(passesFilter, () => {
  it.each([
    ['', true],
    ['  ', true],
    ['node', true],
    ['debian FAIL', true],
    ['node-8', false],
    ['!failed', false],
    ['!deployed', true],
    ['!', true],
    ['state:fail', true],
    ['state:node', false],
    ['!state:failed', false],
    ['image:debian !name:8', true],
    ['colour:red', false],
    ['toString:x', false],
  ])('%j: %s', (filter, passes) => {
    expect(passesFilter(filter, row)).toBe(passes)
  })
})
