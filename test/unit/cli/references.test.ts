import { describe, expect, it } from 'vitest'

import { ReferenceUnresolvedError } from '../../../src/cli/errors.ts'
import { findMachine, findRun } from '../../../src/cli/references.ts'
import { sampleId, sampleMachine, sampleRun } from '../../fakes/sample-fleet.ts'

const { serialNumber, ...noSerial } = sampleMachine(1).inventory!.system
const second = sampleMachine(2, {
  inventory: { ...sampleMachine(2).inventory!, system: noSerial },
})
const machines = [sampleMachine(1), second, sampleMachine(12)]

const refusal = (act: () => unknown) => {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof ReferenceUnresolvedError) return `${thrown.message}: ${thrown.remedy}`
  }
  return undefined
}

describe(findMachine, () => {
  it('offers what may have been meant when nothing goes by that name', () => {
    expect(refusal(() => findMachine(machines, 'nod-2'))).toBe(
      'no machine goes by nod-2: did you mean node-2?',
    )
    expect(refusal(() => findMachine([], 'node-1'))).toBe(
      'no machine goes by node-1: repave machine list',
    )
  })

  it('lists the candidates when several fit', () => {
    expect(refusal(() => findMachine(machines, '0000'))).toContain(
      'say which: node-1 (00000001), node-2 (00000002), node-12 (00000012)',
    )
  })

  it('takes a prefix of fewer than four digits for a slip', () => {
    expect(refusal(() => findMachine(machines, '000'))).toContain('no machine goes by')
  })

  it('shows a hostile name inert (U01)', () => {
    expect(refusal(() => findMachine(machines, '\u001b[2J'))).toContain('?[2J')
  })

  it('finds by name, MAC address in any spelling, serial number, id and its beginning', () => {
    const references = ['node-2', '52-54-00-AA-BB-02', '525400aabb02', sampleId(2), '00000002']
    for (const reference of references) expect(findMachine(machines, reference).name).toBe('node-2')
    expect(findMachine([sampleMachine(1), second], serialNumber ?? '').name).toBe('node-1')
  })
})

describe(findRun, () => {
  const runs = [sampleRun(1), sampleRun(2), sampleRun(12)]

  it('finds by the beginning of its id, and the newest run of a machine by its name', () => {
    expect(findRun(runs, machines, '00000012').machineName).toBe('node-12')
    expect(findRun(runs, machines, 'node-1').id).toBe(sampleId(1, 'bb'))
  })

  it('lists the candidates when several fit, with their states', () => {
    expect(refusal(() => findRun(runs, machines, '0000'))).toContain('00000001 (node-1, queued)')
  })
})
