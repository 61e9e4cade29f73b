import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { paramSchema, type ParamValues, profileSchema } from '../../../../../src/contract/param.ts'
import { workflowSchema } from '../../../../../src/contract/workflow.ts'
import type { ParamSource } from '../../../../../src/daemon/domain/param/param-source.ts'
import {
  freezeParams,
  paramsOfRun,
  paramsWithin,
} from '../../../../../src/daemon/domain/param/resolve-params.ts'

const names = ['a', 'b', 'c', 'constructor'] as const
const values = fc.dictionary(fc.constantFrom(...names), fc.string({ maxLength: 3 }))

function sourceOf(
  profiles: Readonly<Record<string, ParamValues>>,
  defaults: ParamValues,
  secrets: readonly string[] = [],
): ParamSource {
  const params = names.map((name) =>
    paramSchema.parse({
      ...{ name, type: 'string', secret: secrets.includes(name) },
      ...(Object.hasOwn(defaults, name) ? { default: defaults[name] } : {}),
    }),
  )
  const shelf = new Map(
    Object.entries(profiles).map(([name, params]) => [name, profileSchema.parse({ name, params })]),
  )
  return {
    param: (name) => params.find((param) => param.name === name),
    params: () => params,
    profile: (name) => shelf.get(name),
    profiles: () => [...shelf.values()],
  }
}

const workflowOf = (stages: Readonly<Record<string, ParamValues>>) =>
  workflowSchema.parse({
    name: 'w',
    stages: Object.entries(stages).map(([name, params]) => ({
      ...{ name, params, tasks: [{ name, action: 'inventory' }] },
    })),
  })

describe(freezeParams, () => {
  it('takes each param from the first that says it: run, machine, profiles in order, stage, global, default', () => {
    fc.assert(
      fc.property(
        ...[values, values, values, values, values, values, values],
        (run, machine, one, two, stage, global, defaults) => {
          const source = sourceOf({ one, two, global }, defaults)
          const frozen = freezeParams(
            {
              ...{ runValues: run, machine: { params: machine, profiles: ['one', 'two'] } },
              workflow: workflowOf({ write: stage }),
            },
            source,
          )
          const order = [
            ...[
              [run, 'run'],
              [machine, 'machine'],
              [one, 'profile:one'],
              [two, 'profile:two'],
            ],
            ...[
              [stage, 'stage:write'],
              [global, 'global'],
              [defaults, 'default'],
            ],
          ] as const
          const found = paramsWithin(frozen, 'write')
          for (const name of names) {
            const first = order.find(([layer]) => Object.hasOwn(layer as object, name))
            const expected =
              first === undefined
                ? undefined
                : { name, value: (first[0] as ParamValues)[name], from: first[1] }
            expect(found.find((param) => param.name === name)).toEqual(expected)
          }
          expect(found.map(({ name }) => name)).toEqual(found.map(({ name }) => name).toSorted())
        },
      ),
    )
  })

  it('lets a stage say nothing about another stage', () => {
    const source = sourceOf({ global: { a: 'global' } }, { b: 'default' })
    const workflow = workflowOf({ one: { a: 'one' }, two: {} })
    const frozen = freezeParams({ machine: {}, workflow }, source)
    expect(paramsWithin(frozen, 'two')).toEqual([
      { name: 'a', value: 'global', from: 'global' },
      { name: 'b', value: 'default', from: 'default' },
    ])
    expect(paramsWithin(frozen, 'constructor')).toEqual(paramsWithin(frozen))
    expect(paramsOfRun(frozen)).toEqual([
      { name: 'a', value: 'one', from: 'stage:one' },
      { name: 'a', value: 'global', from: 'global' },
      { name: 'b', value: 'default', from: 'default' },
    ])
  })

  it('marks secrets, and is the same after a change of content', () => {
    const source = sourceOf({}, {}, ['a'])
    const frozen = freezeParams({ machine: { params: { a: { secret: 'key' } } } }, source)
    expect(paramsWithin(frozen)).toEqual([
      { name: 'a', value: { secret: 'key' }, from: 'machine', isSecret: true },
    ])
  })

  it('takes profiles that are gone for empty', () => {
    const frozen = freezeParams({ machine: { profiles: ['gone'] } }, sourceOf({}, {}))
    expect(paramsWithin(frozen)).toEqual([])
  })
})
