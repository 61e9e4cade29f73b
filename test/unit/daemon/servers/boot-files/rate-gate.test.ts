import { describe, expect, test } from 'vitest'

import { createRateGate } from '../../../../../src/daemon/servers/boot-files/rate-gate.ts'

function gateAt(start: { nowMs: number }) {
  return createRateGate({ monotonicMs: () => start.nowMs }, { burst: 2, perSecond: 1 })
}

describe(createRateGate, () => {
  test('T22 admits the burst, holds back the rest, and says later how many', () => {
    const time = { nowMs: 0 }
    const gate = gateAt(time)
    const answers = Array.from({ length: 20 }, () => gate.admit('10.77.0.50'))
    expect(answers.slice(0, 2)).toEqual([0, 0])
    expect(answers.slice(2).every((answer) => answer === undefined)).toBe(true)
    time.nowMs = 1000
    expect(gate.admit('10.77.0.50')).toBe(18)
    expect(gate.admit('10.77.0.50')).toBeUndefined()
  })

  test('one address does not use up what another may have', () => {
    const gate = gateAt({ nowMs: 0 })
    for (let count = 0; count < 5; count++) gate.admit('10.77.0.50')
    expect(gate.admit('10.77.0.51')).toBe(0)
  })

  test('tells whether there is room, and uses none of it up', () => {
    const gate = gateAt({ nowMs: 0 })
    expect([1, 2, 3].map(() => gate.hasRoom('a'))).toEqual([true, true, true])
    gate.admit('a')
    gate.admit('a')
    expect(gate.hasRoom('a')).toBe(false)
    expect(gate.hasRoom('b')).toBe(true)
  })

  test('keeps account of a key that is asked about again among thousands of others', () => {
    const gate = gateAt({ nowMs: 0 })
    gate.admit('busy')
    gate.admit('busy')
    for (let index = 0; index < 20_000; index++) {
      gate.admit(`other-${index}`)
      if (index % 1000 === 0) expect(gate.admit('busy')).toBeUndefined()
    }
  })

  test('a long silence saves up no more than the burst', () => {
    const time = { nowMs: 0 }
    const gate = gateAt(time)
    time.nowMs = 3_600_000
    expect([1, 2, 3].map(() => gate.admit('a'))).toEqual([0, 0, undefined])
  })

  test('forged addresses without end take no memory without end', () => {
    const gate = gateAt({ nowMs: 0 })
    gate.admit('first')
    gate.admit('first')
    for (let index = 0; index < 5000; index++) gate.admit(`forged-${index}`)
    expect(gate.admit('first')).toBe(0)
  })
})
