import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { normaliseBootPath } from '../../../../../src/daemon/servers/boot-files/normalise-boot-path.ts'

describe(normaliseBootPath, () => {
  test.each([
    '../../etc/passwd',
    '..\\..\\windows',
    'ipxe/..',
    'boot/../ipxe',
    '',
    '/',
    './/.',
    'boot/',
    'nul\0',
    'line\nfeed',
    'overlong\u00c0\u00ae',
    'x'.repeat(600),
  ])('T02 H01 %j is no name at all', (name) => {
    expect(normaliseBootPath(name)).toBeUndefined()
  })

  test.each([
    ['ipxe/undionly.kpxe', 'ipxe/undionly.kpxe'],
    ['/ipxe/undionly.kpxe', 'ipxe/undionly.kpxe'],
    ['\\ipxe\\undionly.kpxe', 'ipxe/undionly.kpxe'],
    ['//boot/./ipxe//snponly.efi', 'ipxe/snponly.efi'],
    ['boot/boot/x', 'boot/x'],
    ['%2e%2e/x', '%2e%2e/x'],
    ['..;/x', '..;/x'],
  ])('C-T11 C-H04 %j is %j', (name, path) => {
    expect(normaliseBootPath(name)).toBe(path)
  })

  test('what comes out has no segment that a file system would follow upwards, and no leading slash', () => {
    const piece = fc.constantFrom('..', '.', '/', '\\', 'boot', 'a', '%', '')
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const path = normaliseBootPath(pieces.join(''))
        for (const segment of path?.split('/') ?? []) expect(['', '.', '..']).not.toContain(segment)
      }),
    )
  })
})
