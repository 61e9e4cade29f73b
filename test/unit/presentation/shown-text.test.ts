import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { cutText, shownText } from '../../../src/presentation/shown-text.ts'

describe(shownText, () => {
  it('keeps no character that a terminal acts upon (U01)', () => {
    expect(shownText('\u001b]8;;http://evil\u0007x\u001b]52;c;YQ==\u0007\u202eabc\u200b\r\n')).toBe(
      '?]8;;http://evil?x?]52;c;YQ==??abc???',
    )
  })

  it('shows a dash where there is nothing', () => {
    expect([undefined, '', '  '].map((text) => shownText(text))).toEqual(['-', '-', '-'])
  })
})

describe(cutText, () => {
  it('never exceeds its width and never splits a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, width) => {
        const cut = Array.from(cutText(text, width))
        expect(cut.length).toBeLessThanOrEqual(width)
        expect(cut.join('')).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/)
      }),
    )
  })

  it('marks what is missing', () => {
    expect(cutText('debian-12', 6)).toBe('debia…')
    expect(cutText('debian-12', 9)).toBe('debian-12')
  })
})
