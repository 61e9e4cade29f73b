import { describe, expect, it } from 'vitest'

import { machineMatcher } from '../../../../../src/daemon/domain/selection/machine-matcher.ts'
import { fitsAll, readSelector } from '../../../../../src/daemon/domain/selection/read-selector.ts'

const document = {
  name: 'web-1',
  state: 'ready',
  memoryBytes: 8,
  tags: ['blue', 'rack7'],
  disks: [{ serial: 'A1' }, { serial: 'B2' }],
}
const fits = (selector: string) => fitsAll(readSelector(selector), document)

describe(readSelector, () => {
  it.each(['', 'state', '=x', 'state=Nope(a)', 'state=Eq(a,b)', 'a b=c', '__proto__[x]=1'])(
    'refuses %j',
    (selector) => {
      expect(() => readSelector(selector)).toThrow()
    },
  )

  it.each([
    ...['state=ready', 'state=Eq(ready)', 'state=In(failed,ready)', 'state=Ne(failed)'],
    ...['name=Re(^web-[0-9]$)', 'name=Re(a|web)&state=ready', 'memoryBytes=Gt(7)'],
    ...['memoryBytes=Between(1,10)', 'memoryBytes=Lte(8)', 'memoryBytes=Except(9,10)'],
    ...[
      'tags=rack7',
      'disks.serial=B2',
      'disks.serial=In(Z,A1)',
      'missing=Ne(x)',
      'state=Nin(a,b)',
    ],
    ...['name=Gte(web)', 'memoryBytes=Gt(-1)', 'name=Re((web|db)-(1&?))'],
  ])('%s fits', (selector) => {
    expect(fits(selector)).toBe(true)
  })

  it.each([
    ...[
      'state=failed',
      'state=In(a,b)',
      'name=Re(^db)',
      'memoryBytes=Gt(10)',
      'memoryBytes=Eq(80)',
    ],
    ...['tags=green', 'missing=Eq(x)', 'state=ready&name=db', 'memoryBytes=Lt(abc)', 'toString=x'],
    ...['memoryBytes=Except(1,10)', 'constructor.name=Object'],
  ])('%s does not', (selector) => {
    expect(fits(selector)).toBe(false)
  })
})

describe(machineMatcher, () => {
  it('refuses a field that no machine has, with the nearest that one has', () => {
    expect(() => machineMatcher('stat=ready')).toThrow('there is no field stat')
  })
})
