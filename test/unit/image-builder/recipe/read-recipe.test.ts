import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { assert, property, string } from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { loadRecipe, parseRecipe } from '../../../../src/image-builder/recipe/read-recipe.ts'

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

describe(loadRecipe, () => {
  let directory: string
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'repave-recipe-')), 'debian-12')
    await mkdir(join(directory, 'files/etc'), { recursive: true })
    await writeFile(join(directory, 'image.yaml'), text)
    await writeFile(join(directory, 'files/etc/motd'), 'hello')
  })
  afterEach(async () => {
    await rm(join(directory, '..'), { recursive: true })
  })

  it('names the file that is missing', async () => {
    await rm(join(directory, 'image.yaml'))
    await expect(loadRecipe(directory)).rejects.toMatchObject({
      code: 'ERR_IMAGE_RECIPE_INVALID',
      file: join(directory, 'image.yaml'),
    })
  })

  it('refuses a folder that is called otherwise than the image', async () => {
    await writeFile(join(directory, 'image.yaml'), text.replace('debian-12', 'debian-13'))
    await expect(loadRecipe(directory)).rejects.toThrow('the folder is called "debian-12"')
  })

  it('gives equal digests to equal folders, and others to any change of a file', async () => {
    const { inputDigest } = await loadRecipe(directory)
    expect((await loadRecipe(directory)).inputDigest).toBe(inputDigest)
    await writeFile(join(directory, 'files/etc/motd'), 'hullo')
    expect((await loadRecipe(directory)).inputDigest).not.toBe(inputDigest)
  })
})
