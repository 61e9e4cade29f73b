import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  IpxeUnsafeWordError,
  ipxeText,
  ipxeWord,
} from '../../../../src/protocol/ipxe/ipxe-words.ts'

describe(ipxeWord, () => {
  test.each([
    '',
    'two words',
    'tab\there',
    'line\nfeed',
    'carriage\rreturn',
    'nul\0',
    'continues\\',
    '${net0/mac}',
    'a=${',
    '||',
    '&&',
    ';',
    '#comment',
    'ümlaut',
  ])('refuses %j', (text) => {
    expect(() => ipxeWord(text)).toThrow(IpxeUnsafeWordError)
  })

  test.each(['console=ttyS0,115200n8', 'http://10.77.0.1:8090/a?b=c&d=e;f', '$5', 'a||b', 'a#b'])(
    'keeps %j as it is',
    (text) => {
      expect(ipxeWord(text)).toBe(text)
    },
  )

  test('an error carries no control character to the log', () => {
    expect.assertions(1)
    try {
      ipxeWord('\u001b[2J\n')
    } catch (error) {
      expect((error as IpxeUnsafeWordError).word).toBe('?[2J?')
    }
  })
})

describe(ipxeText, () => {
  test('whatever a name or a reason holds, it stays text on one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = ipxeText(text)
        expect(shown).not.toMatch(/[\r\n\0\\${}|&;#]/)
        expect(shown).not.toMatch(/^[ -]/)
        expect(shown.length).toBeLessThanOrEqual(200)
      }),
    )
  })

  test('keeps what people write', () => {
    expect(ipxeText('node-2 (rack 4): 5 boots in 10 min, see run 6f1c')).toBe(
      'node-2 (rack 4): 5 boots in 10 min, see run 6f1c',
    )
  })
})
