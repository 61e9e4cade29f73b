import { execFileSync } from 'node:child_process'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import type {
  TemplateDestination,
  TemplateFacts,
} from '../../../../../src/daemon/domain/template/template.ts'
import { readTemplate } from '../../../../../src/daemon/store/template/read-template.ts'

const words = ['machine.name', 'keys', 'params.*']

function rendered(source: string, facts: TemplateFacts, destination?: TemplateDestination) {
  const reading = readTemplate(source, words, destination)
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults))
  return reading.template.render(facts)
}

function faults(source: string) {
  const reading = readTemplate(source, words)
  return reading.ok ? [] : reading.faults
}

describe(readTemplate, () => {
  test('E08 an unknown word is refused when it is read, with its place', () => {
    expect(faults('one\n  {{ machine.nam }} {{ elsewhere }}')).toEqual([
      { line: 2, column: 6, message: expect.stringContaining('unknown word "machine.nam"') },
      { line: 2, column: 24, message: expect.stringContaining('unknown word "elsewhere"') },
    ])
  })

  test.each([
    '{{ machine.name',
    '{% for %}',
    '{{ machine.name | nofilter }}',
    "{% include '/etc/passwd' %}",
    "{% render 'x' %}",
    "{{ 'now' | date: '%s' }}",
    '{{ machine.name | raw }}',
    `{{ machine.name }}${' '.repeat(70_000)}`,
  ])('E08 refuses what is no template, or reaches beyond its words: %.30s', (source) => {
    expect(faults(source)).toHaveLength(1)
  })

  test.each(['{{ machine.constructor }}', '{{ keys.constructor.constructor }}', '{{ __proto__ }}'])(
    'E08 finds no way to the language underneath: %s',
    (source) => {
      const reading = readTemplate(source, [...words, 'machine.*', 'keys.*', '__proto__'])
      const facts = { machine: { name: 'node-1' }, keys: [] }
      if (reading.ok) expect(reading.template.render(facts)).toMatchObject({ ok: false })
    },
  )

  test('E08 a rendering ends: endless loops and endless output are stopped', () => {
    const endless = '{% for i in (1..100000000) %}x{% endfor %}'
    expect(rendered(endless, {})).toMatchObject({ ok: false })
    const facts = { keys: Array.from({ length: 2000 }, () => 'x'.repeat(100)) }
    expect(rendered('{% for key in keys %}{{ key }}{% endfor %}', facts)).toMatchObject({
      ok: false,
    })
  })

  test('a word that is known and absent this time is named', () => {
    expect(rendered('{{ params.rack }}', { params: {} })).toEqual({
      ok: false,
      reason: expect.stringContaining('params.rack'),
    })
  })

  test('fills in words, with conditions and lists', () => {
    const source = '{{ machine.name | upcase }}{% for key in keys %} {{ key }}{% endfor %}'
    const facts = { machine: { name: 'node-1' }, keys: ['a', 'b'] }
    expect(rendered(source, facts)).toEqual({ ok: true, text: 'NODE-1 a b' })
  })

  test('E09 any value is one word to a real shell, and nothing of it is carried out', () => {
    const hostile = fc.oneof(
      fc.constantFrom("'; touch /tmp/owned; '", '$(id)', '`id`', 'a\nb', '&&', '#!ipxe'),
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    )
    fc.assert(
      fc.property(hostile, (value) => {
        const script = rendered(
          'printf %s {{ machine.name }}',
          { machine: { name: value } },
          'shell',
        )
        if (!script.ok) throw new Error(script.reason)
        expect(execFileSync('sh', ['-c', script.text], { encoding: 'utf8' })).toBe(value)
      }),
      { numRuns: 40 },
    )
  })

  test('E09 a value cannot leave an attribute or an element of XML', () => {
    const facts = { machine: { name: `a"b'<c>&\u0000\n` } }
    expect(rendered('<x y="{{ machine.name }}"/>', facts, 'xml')).toEqual({
      ok: true,
      text: '<x y="a&#34;b&#39;&#60;c&#62;&#38;&#10;"/>',
    })
  })

  test('E09 a value is one PowerShell string, whatever it takes for quotes', () => {
    const facts = { machine: { name: "a'b\u2019c$(id)" } }
    expect(rendered('Set-Name {{ machine.name }}', facts, 'powershell')).toEqual({
      ok: true,
      text: "Set-Name 'a''b\u2019\u2019c$(id)'",
    })
  })

  test('E09 any value comes back from a JSON and from a YAML parser as it went in', () => {
    const source = 'name: {{ machine.name }}\nlist: {{ params.list }}\n'
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string()), (name, list) => {
        fc.pre(name.isWellFormed())
        const text = rendered(source, { machine: { name }, params: { list } }, 'json')
        if (!text.ok) throw new Error(text.reason)
        expect(parse(text.text)).toEqual({ name, list })
        const json = rendered('[{{ machine.name }}]', { machine: { name } }, 'json')
        expect(json.ok && JSON.parse(json.text)).toEqual([name])
      }),
    )
  })
})
