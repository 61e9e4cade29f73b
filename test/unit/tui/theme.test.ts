import { describe, expect, it } from 'vitest'

import { themeOf, toneStyle } from '../../../src/tui/theme.ts'

describe(themeOf, () => {
  it('uses ASCII where the locale is not UTF-8', () => {
    expect(themeOf({ LANG: 'C' }).ascii).toBe(true)
    expect(themeOf({}).ascii).toBe(true)
    expect(themeOf({ LANG: 'de_DE.UTF-8' }).ascii).toBe(false)
    expect(themeOf({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }).ascii).toBe(true)
    expect(themeOf({ LC_CTYPE: 'C.utf8' }).ascii).toBe(false)
  })

  it('uses no colour where NO_COLOR says so', () => {
    expect(themeOf({ NO_COLOR: '1' }).colour).toBe(false)
    expect(themeOf({ NO_COLOR: '' }).colour).toBe(true)
    expect(toneStyle(themeOf({ NO_COLOR: '1' }), 'bad')).toEqual({})
  })
})
