import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { type Param, paramSchema, type ParamValue } from '../../../../../src/contract/param.ts'
import {
  definitionFaults,
  secretFaults,
  valueFaults,
} from '../../../../../src/daemon/domain/param/param-faults.ts'

const param = (rest: object): Param => paramSchema.parse({ name: 'p', ...rest })
const messages = (rest: object, value: ParamValue) =>
  valueFaults(param(rest), value).map(({ path, message }) => `${path.join('.')}: ${message}`)

describe(valueFaults, () => {
  it.each([
    [{ type: 'string' }, 7, ': expected text, found 7'],
    [{ type: 'string' }, ['a'], ': expected text, found a list'],
    [{ type: 'string', pattern: '^tty' }, 'com1', ': does not match ^tty'],
    [{ type: 'string', minimumLength: 3 }, 'ab', ': shorter than 3 characters'],
    [{ type: 'string', maximumLength: 1 }, '🙂🙂', ': longer than 1 characters'],
    [{ type: 'string' }, 'a\0b', ': it holds a NUL, or half of a character'],
    [{ type: 'string' }, '\ud800', ': it holds a NUL, or half of a character'],
    [{ type: 'integer' }, 1.5, ': expected a whole number, found 1.5'],
    [{ type: 'integer' }, '4', ': expected a whole number, found text "4"'],
    [{ type: 'integer' }, 2 ** 53, ': expected a whole number, found 9007199254740992'],
    [{ type: 'number', minimum: 0 }, -0.5, ': less than 0'],
    [{ type: 'integer', maximum: 9 }, 10, ': more than 9'],
    [{ type: 'boolean' }, 'yes', ': expected true or false, found text "yes"'],
    [{ type: 'enum', values: ['ext4', 'xfs'] }, 'ext5', ', did you mean "ext4"?'],
    [{ type: 'list', items: { type: 'string' } }, 'a', ': expected a list, found text "a"'],
    [{ type: 'list', items: { type: 'integer' } }, [1, 'b'], '1: expected a whole number'],
    [
      { type: 'list', items: { type: 'integer' }, minimumItems: 1 },
      [],
      ': 0 values, expected at least 1',
    ],
    [{ type: 'list', items: { type: 'integer' }, maximumItems: 1 }, [1, 2], 'expected at most 1'],
    [{ type: 'map', items: { type: 'boolean' } }, { a: 1 }, 'a: expected true or false, found 1'],
    [{ type: 'map', items: { type: 'boolean' } }, [], ': expected a mapping, found a list'],
  ] as const)('%j refuses %j', (rest, value, message) => {
    expect(messages(rest, value as ParamValue).join()).toContain(message)
  })

  it('refuses a secret that is no reference to a file, and never repeats it', () => {
    for (const value of ['hunter2', { secret: 'a', more: 'hunter2' }, { file: 'hunter2' }, 4]) {
      const [fault] = messages({ type: 'string', secret: true }, value)
      expect(fault).toContain('expected { secret: FILE }')
      expect(fault).not.toContain('hunter2')
    }
    expect(messages({ type: 'string', secret: true }, { secret: 'root-password' })).toEqual([])
    const kept = param({ type: 'string', secret: true, minimumLength: 12 })
    expect(secretFaults(kept, 'hunter2').map(({ message }) => message)).toEqual([
      'shorter than 12 characters',
    ])
  })

  it('takes what fits', () => {
    expect(messages({ type: 'string', pattern: '^tty' }, 'ttyS0')).toEqual([])
    expect(messages({ type: 'number', minimum: 0 }, 0.5)).toEqual([])
    expect(messages({ type: 'enum', values: ['a'] }, 'a')).toEqual([])
    expect(messages({ type: 'list', items: { type: 'string' } }, ['a', ''])).toEqual([])
    expect(messages({ type: 'map', items: { type: 'integer' } }, { a: 1 })).toEqual([])
  })

  it('judges any value without throwing', () => {
    const kinds = [
      ...[{ type: 'string', pattern: 'a+' }, { type: 'integer', minimum: 3 }, { type: 'boolean' }],
      ...[
        { type: 'enum', values: ['x'] },
        { type: 'list', items: { type: 'number' } },
      ],
      ...[
        { type: 'map', items: { type: 'string' } },
        { type: 'string', secret: true },
      ],
    ]
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.jsonValue(), (rest, value) => {
        expect(Array.isArray(valueFaults(param(rest), value as ParamValue))).toBe(true)
      }),
    )
  })
})

describe(definitionFaults, () => {
  it.each([
    [{ type: 'string', pattern: '(' }, ['pattern']],
    [{ type: 'string', pattern: '(?=x)' }, ['pattern']],
    [{ type: 'string', minimumLength: 4, maximumLength: 3 }, ['maximumLength']],
    [{ type: 'integer', minimum: 4, maximum: 3 }, ['maximum']],
    [{ type: 'enum', values: ['a', 'b', 'a'] }, ['values', 2]],
    [{ type: 'list', items: { type: 'string', pattern: '[' } }, ['items', 'pattern']],
    [
      { type: 'list', items: { type: 'string' }, minimumItems: 2, maximumItems: 1 },
      ['maximumItems'],
    ],
    [{ type: 'integer', default: 'many' }, ['default']],
    [{ type: 'list', items: { type: 'integer' }, default: [1, 'b'] }, ['default', 1]],
    [{ type: 'string', secret: true, default: 'hunter2' }, ['default']],
  ] as const)('%j is wrong at %j', (rest, path) => {
    expect(definitionFaults(param(rest)).map((fault) => fault.path)).toEqual([path])
  })
})
