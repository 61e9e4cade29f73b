import { readFile } from 'node:fs/promises'

import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseRecipe } from '../../../../src/image-builder/recipe/read-recipe.ts'

const text = await readFile('images/debian-12/image.yaml', 'utf8')

describe(parseRecipe, () => {
  it('points at the line and column of a wrong value', () => {
    const reading = parseRecipe(text.replace('size: 1536 MiB', 'size: large'))
    const line = text.split('\n').findIndex((one) => one.startsWith('size:')) + 1
    expect(reading).toMatchObject({ ok: false, faults: [{ line, column: 7 }] })
  })

  it('points at what is not YAML', () => {
    expect(parseRecipe('name: [')).toMatchObject({ ok: false, faults: [{ line: 1 }] })
  })

  it.each([
    'ds=nocloud;s=http://10.0.0.1/seed',
    'ds=nocloud-net;h=a;seedfrom=http://10.0.0.1/x;i=1',
  ])('C-N02 refuses a network seed whose address is no folder: %s', (argument) => {
    const changed = text.replace("['console=tty0'", `['${argument}'`)
    expect(parseRecipe(changed)).toMatchObject({
      ok: false,
      faults: [{ message: expect.stringContaining('ends with /') as string }],
    })
    const right = changed.replace(/(seed|x)(?=[;'])/, '$1/')
    expect(parseRecipe(right)).toMatchObject({ ok: true })
  })

  it('tells every fault at once', () => {
    const reading = parseRecipe(text.replace('x86_64', 'mips').replace('bookworm', '12'))
    expect(reading.ok ? [] : reading.faults).toHaveLength(2)
  })

  it('refuses a file that is too long, and a bomb of anchors', () => {
    expect(parseRecipe('#'.repeat(300_000)).ok).toBe(false)
    const level = (name: string, of: string) => `${name}: &${name} [${`*${of},`.repeat(20)}]\n`
    expect(parseRecipe(`a: &a x\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}`).ok).toBe(
      false,
    )
  })

  it('gives a recipe or faults for any text', () => {
    assert(
      property(string(), (any) => {
        const reading = parseRecipe(any)
        expect(reading.ok || reading.faults.length > 0).toBe(true)
      }),
    )
  })
})
