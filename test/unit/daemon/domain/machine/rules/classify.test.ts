import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseMacAddress } from '../../../../../../src/base/mac-address.ts'
import type { Machine } from '../../../../../../src/contract/machine.ts'
import { ruleSchema } from '../../../../../../src/contract/rule.ts'
import { classify } from '../../../../../../src/daemon/domain/machine/rules/classify.ts'
import {
  compileRule,
  type CompiledRule,
  inOrder,
} from '../../../../../../src/daemon/domain/machine/rules/compile-rule.ts'
import {
  nameFor,
  nameTemplateFault,
} from '../../../../../../src/daemon/domain/machine/rules/rule-name.ts'
import { inventoryWith } from '../../../../../fakes/scripted-agent.ts'

const machine: Machine = {
  id: '00000000-0000-4000-8000-000000000001',
  name: 'm-525400000001',
  state: 'ready',
  macAddresses: [parseMacAddress('525400000001')],
  onBoot: 'local',
  inventory: inventoryWith(['52:54:00:00:00:01'], { serialNumber: 'SN-7', productName: 'R650' }),
  place: { subnet: 'rack-b', remoteId: 'switch-7', circuitId: 'Gi0/12' },
  createdAtMs: 1,
  lastSeenAtMs: 1,
  revision: 0,
}

function rule(name: string, document: object = {}): CompiledRule {
  const compiled = compileRule(ruleSchema.parse({ name, ...document }))
  if (!('rule' in compiled)) throw new Error(JSON.stringify(compiled.faults))
  return compiled.rule
}

const world = { machines: [machine], isNameTaken: () => false }
const outcomesOf = (rules: readonly CompiledRule[], changes: Partial<Machine> = {}) =>
  classify({ ...machine, ...changes }, rules, world).outcomes.map(({ outcome }) => outcome)

describe(classify, () => {
  it('says of each rule that does not fit which condition is not met, and by what', () => {
    const { outcomes, set } = classify(
      machine,
      [
        rule('a', { when: { 'inventory.system.serialNumber': 'Re(^XX-)' } }),
        rule('b', { when: { 'facts.disks': 'Gte(2)' } }),
        rule('c', { when: { 'labels.rack': 'r1' } }),
      ],
      world,
    )
    expect(outcomes).toEqual([
      {
        rule: 'a',
        outcome: 'does-not-fit',
        because: 'inventory.system.serialNumber is SN-7, not Re(^XX-)',
      },
      { rule: 'b', outcome: 'does-not-fit', because: 'facts.disks is 1, not Gte(2)' },
      { rule: 'c', outcome: 'does-not-fit', because: 'labels.rack is not there, not r1' },
    ])
    expect(set).toEqual({})
  })

  it('is by inventory, port of the relay and subnet; all conditions have to be met', () => {
    const when = {
      'inventory.system.serialNumber': ['Re(^SN-)', 'Ne(SN-8)'],
      'place.remoteId': 'switch-7',
      'place.circuitId': 'Re(^Gi0/)',
      'place.subnet': 'In(rack-a,rack-b)',
      'inventory.disks.transport': 'virtio',
      'facts.disks': 1,
    }
    expect(outcomesOf([rule('a', { when })])).toEqual(['fits'])
    for (const change of [
      { place: { subnet: 'rack-b', remoteId: 'switch-8', circuitId: 'Gi0/12' } },
      { place: { subnet: 'rack-c', remoteId: 'switch-7', circuitId: 'Gi0/12' } },
    ]) {
      expect(outcomesOf([rule('a', { when })], change)).toEqual(['does-not-fit'])
    }
  })

  it('ends at the first that fits; behind one that says continue the earlier word stays', () => {
    const rules = [
      rule('one', {
        afterwards: 'continue',
        set: { labels: { pool: 'web', rack: 'r1' }, params: { size: 1 }, profiles: ['a'] },
      }),
      rule('two', {
        set: {
          name: 'web-{{ number }}',
          labels: { pool: 'db', stage: 'test' },
          params: { size: 2, colour: 'red' },
          profiles: ['b', 'a'],
          workflow: 'deploy-image',
          workflowParams: { imageName: 'debian-12' },
        },
        approval: 'required',
      }),
      rule('three', { set: { onBoot: 'live' } }),
    ]
    expect(classify(machine, rules, world)).toMatchObject({
      outcomes: [{ outcome: 'fits' }, { outcome: 'fits' }, { outcome: 'not-reached' }],
      set: {
        name: 'web-1',
        labels: { pool: 'web', rack: 'r1', stage: 'test' },
        params: { size: 1, colour: 'red' },
        profiles: ['a', 'b'],
        workflow: 'deploy-image',
        workflowParams: { imageName: 'debian-12' },
      },
      approval: 'required',
      problems: [],
    })
  })

  it('fits no more machines than maxCount; those out of use do not count', () => {
    const fitted = (id: number, changes: Partial<Machine> = {}): Machine => ({
      ...{ ...machine, id: `00000000-0000-4000-8000-00000000000${id}` },
      classification: { atMs: 1, rules: [{ rule: 'a', because: '' }] },
      ...changes,
    })
    const rules = [rule('a', { maxCount: 2 }), rule('b')]
    const outcomes = (machines: readonly Machine[]) =>
      classify(machine, rules, { ...world, machines }).outcomes.map(({ outcome }) => outcome)
    expect(outcomes([machine, fitted(2), fitted(3)])).toEqual(['full', 'fits'])
    expect(outcomes([machine, fitted(2)])).toEqual(['fits', 'not-reached'])
    const gone = fitted(3, { retirement: { by: 'operator:a', atMs: 1 } })
    expect(outcomes([machine, fitted(2), gone])).toEqual(['fits', 'not-reached'])
    expect(outcomes([fitted(1), fitted(2)])).toEqual(['fits', 'not-reached'])
  })

  it('tries rules by their order, and by their names where that is equal', () => {
    const rules = [rule('b'), rule('c', { order: 1 }), rule('a')]
    expect(inOrder(rules).map((each) => each.rule.name)).toEqual(['c', 'a', 'b'])
  })

  it('U01: shows what hardware says without its control characters', () => {
    const evil = { serialNumber: '\u001B[2J\u202Eevil' }
    const { outcomes } = classify(
      { ...machine, inventory: inventoryWith(['52:54:00:00:00:01'], evil) },
      [rule('a', { when: { 'inventory.system.serialNumber': 'x' } })],
      world,
    )
    expect(outcomes[0]?.because).not.toMatch(/[\u001B\u202E]/)
  })
})

describe(compileRule, () => {
  it('says everything that is wrong with conditions and names', () => {
    const compiled = compileRule(
      ruleSchema.parse({
        name: 'a',
        when: { name: 'Rx(a)', state: ['ready', 'Re(()'] },
        set: { name: 'web-{{ serail }}', workflowParams: {} },
      }),
    )
    expect(compiled).toMatchObject({
      faults: [
        { path: ['when', 'name'], message: expect.stringContaining('no operator Rx') },
        { path: ['when', 'state'] },
        { path: ['set', 'name'], message: expect.stringContaining('did you mean "serial"') },
        { path: ['set', 'workflowParams'] },
      ],
    })
  })
})

describe(nameFor, () => {
  it('makes a name of what hardware says, and a number that nobody has', () => {
    const named = (template: string, taken: readonly string[] = []) =>
      nameFor(template, machine, (name) => taken.includes(name))
    expect(named('web-{{serial}}')).toEqual({ name: 'web-sn-7' })
    expect(named('{{ product }}-{{ rack }}-{{ port }}')).toEqual({
      name: 'r650-switch-7-gi0-12',
    })
    expect(named('n{{ number }}', ['n1', 'n2'])).toEqual({ name: 'n3' })
    expect(named('web', ['web'])).toEqual({ problem: 'the name web is taken' })
    expect(named('{{ uuid }}')).toEqual({ problem: 'it has no uuid for the name {{ uuid }}' })
  })

  it('is always a name, whatever the hardware says', () => {
    const blank = inventoryWith(['52:54:00:00:00:01'])
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (serialNumber) => {
        const inventory = { ...blank, system: { serialNumber } }
        const result = nameFor('web-{{ serial }}', { ...machine, inventory }, () => false)
        if ('name' in result) {
          expect(result.name).toMatch(/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/)
        }
      }),
    )
    expect(nameTemplateFault('Web {{ serial }}')).toContain('lower-case')
    expect(nameTemplateFault('{{ serial }}{{ mac }}')).toBeUndefined()
  })
})
