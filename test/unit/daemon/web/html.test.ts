import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { html } from '../../../../src/daemon/web/html.ts'

describe(html, () => {
  it('escapes every value, whatever it holds (U01)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const { text } = html`(${value})`
        expect(text).not.toMatch(/[<>"']/)
        expect(text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&')
      }),
    )
  })

  it('takes markup as it is, lists of it too, and nothing for undefined', () => {
    const items = ['a', '<b>'].map((text) => html`[${text}]`)
    expect(html`(${items})${undefined}${7}`.text).toBe('([a][&lt;b&gt;])7')
  })
})
