import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  originForm,
  readRequestTarget,
} from '../../../../../src/daemon/servers/http/request-target.ts'

describe(readRequestTarget, () => {
  test.each([
    '/%2e%2e/etc/passwd',
    '/boot/%2E%2e%2fx',
    '/boot/..%5cx',
    '/%zz',
    '/%',
    '/%00',
    '/%c0%ae%c0%ae/x',
    '/../x',
  ])('H01 %s has no path', (target) => {
    expect(readRequestTarget(target).path).toBeUndefined()
  })

  test('H01 what is encoded twice is decoded once and names nothing real', () => {
    expect(readRequestTarget('/%252e%252e/x').path).toBe('%2e%2e/x')
  })

  test('of a doubled parameter the first counts', () => {
    const { path, query } = readRequestTarget('//boot/script.ipxe?mac=1&mac=2&a=%3F?b')
    expect(path).toBe('script.ipxe')
    expect([...query]).toEqual([
      ['mac', '1'],
      ['a', '??b'],
    ])
  })

  test('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (target) => {
        expect(() => readRequestTarget(originForm(target))).not.toThrow()
      }),
    )
  })
})
