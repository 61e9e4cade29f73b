import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { bootEnvSchema } from '../../../../../src/contract/bootenv.ts'
import type { EffectiveParam, ParamValue } from '../../../../../src/contract/param.ts'
import { renderKernelArguments } from '../../../../../src/daemon/domain/bootenv/kernel-arguments.ts'

const param = (name: string, value: ParamValue, isSecret?: true): EffectiveParam => ({
  ...{ name, value, from: 'machine' },
  ...(isSecret === undefined ? {} : { isSecret }),
})
const render = (template: string, ...params: EffectiveParam[]) =>
  renderKernelArguments([template], params)

describe(renderKernelArguments, () => {
  it.each([
    ['a space', 'ttyS0 init=/bin/sh'],
    ['a line break', 'ttyS0\n#!ipxe'],
    ['a quote', 'ttyS0"'],
    ['an expansion', '${net0/mac}'],
    ['nothing', ''],
    ['a mapping', { a: 1 }],
    ['nothing in a list', []],
  ])('E09: leaves out an argument whose value holds %s', (_what, value) => {
    const { kernelArguments, leftOut } = render('console={{ params.c }}', param('c', value))
    expect(kernelArguments).toEqual([])
    expect(leftOut[0]).toMatch(/^console=\{\{ params\.c \}\}: c h/)
  })

  it('leaves out an argument whose param nobody has set, or that is secret', () => {
    expect(render('console={{ params.c }}').leftOut[0]).toContain('c has no value')
    expect(render('key={{params.k}}', param('k', { secret: 'f' }, true)).kernelArguments).toEqual(
      [],
    )
  })

  it('E09: gives one argument of inert characters or none, whatever the values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (one, two) => {
        const params = [param('a', one as ParamValue), param('b', two)]
        for (const argument of render('x={{ params.a }},{{ params.b }}', ...params)
          .kernelArguments) {
          expect(argument).toMatch(/^x=[\w.,:=/@+-]+$/)
        }
      }),
    )
  })

  it('fills in texts, numbers and lists', () => {
    const params = [param('c', 'ttyS0'), param('n', 115_200), param('d', ['10.0.0.1', '10.0.0.2'])]
    const templates = ['quiet', 'console={{ params.c }},{{params.n}}', 'dns={{ params.d }}']
    expect(renderKernelArguments(templates, params)).toEqual({
      kernelArguments: ['quiet', 'console=ttyS0,115200', 'dns=10.0.0.1,10.0.0.2'],
      leftOut: [],
    })
  })

  it('refuses templates that say anything else', () => {
    for (const argument of [
      'a={{ machine.name }}',
      'a={{ params.x | upcase }}',
      'a={% if %}',
      'a b',
    ]) {
      const document = { name: 'sledgehammer', kind: 'sledgehammer', kernelArguments: [argument] }
      expect(bootEnvSchema.safeParse(document).success).toBe(false)
    }
  })
})
