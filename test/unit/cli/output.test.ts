import { PassThrough } from 'node:stream'

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import type { CliWorld } from '../../../src/cli/cli-world.ts'
import { jsonText, type ListOptions, printList, printThing } from '../../../src/cli/output.ts'

async function printed(print: (world: CliWorld) => Promise<void>): Promise<string> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const signal = new AbortController().signal
  await print({ stdout, stderr, stdin: new PassThrough(), environment: {}, isRoot: false, signal })
  expect(stderr.read()).toBeNull()
  return String(stdout.read() ?? '')
}

const items = [
  { name: 'a', size: 1 },
  { name: 'b', size: 2 },
]
const list = (options: ListOptions) =>
  printed((world) =>
    printList(world, options, {
      kind: 'ThingList',
      items,
      rev: 7,
      nameOf: (item) => item.name,
      columns: [
        ['NAME', (item) => item.name],
        ['SIZE', (item) => String(item.size)],
        ['SQUARE', (item) => String(item.size ** 2), 'wide'],
      ],
    }),
  )

describe(printList, () => {
  it('prints every format', async () => {
    expect(await list({ output: 'table' })).toBe('NAME  SIZE\na     1\nb     2\n')
    expect(await list({ output: 'name' })).toBe('a\nb\n')
    expect(await list({ output: 'jsonl' })).toBe(
      '{"type":"version","apiVersion":"repave/v1"}\n{"name":"a","size":1}\n{"name":"b","size":2}\n',
    )
    const document = { apiVersion: 'repave/v1', kind: 'ThingList', items, rev: 7 }
    expect(JSON.parse(await list({ output: 'json' }))).toEqual(document)
    expect(parse(await list({ output: 'yaml' }))).toEqual(document)
  })

  it('prints more columns when asked for more, and those that are named, in their order', async () => {
    expect(await list({ output: 'wide' })).toBe(
      'NAME  SIZE  SQUARE\na     1     1\nb     2     4\n',
    )
    const columns = 'square, name'
    expect(await list({ output: 'table', columns })).toBe('SQUARE  NAME\n1       a\n4       b\n')
  })

  it('refuses a column that there is not, and says which there are', async () => {
    await expect(list({ output: 'table', columns: 'name,weight' })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: 'no column goes by weight',
      remedy: '--columns takes of: name, size, square',
    })
  })
})

describe(printThing, () => {
  it('gives back as YAML what went in, whatever it holds, without a control character (U01)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        fc.pre(text.isWellFormed())
        const value = { text }
        const yaml = await printed((world) =>
          printThing(world, 'yaml', { kind: 'Thing', value, name: 'x', lines: [] }),
        )
        expect(yaml).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
        expect(parse(yaml)).toEqual({ apiVersion: 'repave/v1', kind: 'Thing', text })
      }),
    )
  })
})

describe(jsonText, () => {
  it('escapes what a terminal acts upon and means the same (U01)', () => {
    const value = { text: '\u001b[2J\u009b31m\u202eabc\u2028' }
    expect(jsonText(value)).toMatch(/^[\u0020-\u007e]*$/)
    expect(JSON.parse(jsonText(value))).toEqual(value)
  })
})
