import { describe, expect, test } from 'vitest'

import { readBootParameters } from '../../../../src/agent/linux/boot-parameters.ts'

describe('readBootParameters', () => {
  test.each([
    ['quiet', 'repave.url'],
    ['repave.url=file:///etc/passwd repave.token=t', 'repave.url'],
    ['repave.url=10.77.0.1 repave.token=t', 'repave.url'],
    ['repave.url=http://10.77.0.1:8090', 'repave.token'],
    [`repave.url=http://10.77.0.1:8090 repave.token=${'x'.repeat(129)}`, 'repave.token'],
  ])('refuses %s', (commandLine, missing) => {
    expect(() => readBootParameters(commandLine)).toThrow(missing)
  })

  test('reads what the boot script wrote', () => {
    const commandLine =
      'initrd=x console=ttyS0 repave.url=http://10.77.0.1:8090/ repave.token=a=b repave.mac=52-54-00-AA-BB-01\n'
    expect(readBootParameters(commandLine)).toEqual({
      daemonUrl: 'http://10.77.0.1:8090',
      token: 'a=b',
      bootMac: '52:54:00:aa:bb:01',
    })
  })
})
