import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { safeTarPath } from '../../../../src/protocol/tar/safe-path.ts'

describe(safeTarPath, () => {
  it.each([
    '..',
    '../etc',
    'usr/../../etc',
    '/..',
    './..',
    'a\0b',
    'x'.repeat(256),
    'x/'.repeat(2100),
  ])('I12 refuses %j', (path) => {
    expect(safeTarPath(path)).toMatchObject({ ok: false, reason: expect.any(String) })
  })

  it.each([
    ['/etc/passwd', ['etc', 'passwd']],
    ['./usr//bin/./sh', ['usr', 'bin', 'sh']],
    ['a..b/...', ['a..b', '...']],
    ['./', []],
    ['', []],
  ])('takes %j as a place below the root', (path, names) => {
    expect(safeTarPath(path)).toEqual({ ok: true, value: names })
  })

  it('never gives a name that leads anywhere but down', () => {
    const part = fc.constantFrom('..', '.', '', 'a', '/', '...', 'etc')
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const safe = safeTarPath(parts.join('/'))
        if (!safe.ok) return
        for (const name of safe.value) expect(['', '.', '..']).not.toContain(name)
      }),
    )
  })
})
