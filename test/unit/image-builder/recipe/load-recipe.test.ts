import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { loadRecipe } from '../../../../src/image-builder/recipe/load-recipe.ts'

const baseText = `name: base
version: '1'
arch: x86_64
suite: bookworm
size: 512 MiB
kernel: { package: linux-image-amd64, arguments: [quiet] }
packages: [udev, vim]
units: { enable: [a.service], mask: [b.service] }
scripts: [first]
`

describe(loadRecipe, () => {
  let recipes: string
  const put = async (path: string, text: string) => {
    await mkdir(join(recipes, dirname(path)), { recursive: true })
    await writeFile(join(recipes, path), text)
  }
  const load = (name: string) => loadRecipe(join(recipes, name))
  const derived = (lines: string) => put('web/image.yaml', `name: web\nbasedOn: base\n${lines}`)
  beforeEach(async () => {
    recipes = await mkdtemp(join(tmpdir(), 'repave-recipe-'))
    await put('base/image.yaml', baseText)
    await put('base/files/etc/motd', 'hello')
    await put('base/scripts/first', '#!/bin/sh\n')
  })
  afterEach(async () => {
    await rm(recipes, { recursive: true })
  })

  it('names the file that is missing, and the folder that was meant', async () => {
    await expect(load('bsae')).rejects.toMatchObject({
      code: 'ERR_IMAGE_RECIPE_INVALID',
      file: join(recipes, 'bsae/image.yaml'),
      message: expect.stringContaining('did you mean "base"?') as string,
    })
  })

  it('refuses a folder that is called otherwise than the image', async () => {
    await put('base/image.yaml', baseText.replace('name: base', 'name: other'))
    await expect(load('base')).rejects.toThrow('the folder is called "base"')
  })

  it('points at a script that is not there', async () => {
    await put('base/image.yaml', baseText.replace('[first]', '[fisrt]'))
    await expect(load('base')).rejects.toThrow(
      'image.yaml:9:11 scripts.0: there is no scripts/fisrt, did you mean "first"?',
    )
  })

  it('refuses a circle, and a base that is not there', async () => {
    await derived('')
    await put('base/image.yaml', 'name: base\nbasedOn: web\n')
    await expect(load('web')).rejects.toThrow('a circle: web is based on base is based on web')
    await put('base/image.yaml', 'name: base\nbasedOn: wbe\n')
    await expect(load('base')).rejects.toThrow('there is no recipe "wbe", did you mean "web"?')
  })

  it('refuses a script outside of its folder', async () => {
    await derived('scripts: [../first]\n')
    await expect(load('web')).rejects.toThrow('expected the name of a file in scripts/')
  })

  it('gives equal digests to equal folders, and others to any change of a file', async () => {
    const { inputDigest } = await load('base')
    expect((await load('base')).inputDigest).toBe(inputDigest)
    const digests = new Set([inputDigest])
    const digestNow = async () => digests.add((await load('base')).inputDigest)
    await put('base/files/etc/motd', 'hullo')
    await digestNow()
    await chmod(join(recipes, 'base/files/etc/motd'), 0o755)
    await digestNow()
    await put('base/scripts/first', '#!/bin/sh\ntrue\n')
    await digestNow()
    expect(digests.size).toBe(4)
  })

  it('gives a recipe on top of another a new digest when the other one changes', async () => {
    await derived('')
    const before = await load('web')
    await put('base/files/etc/motd', 'hullo')
    expect((await load('web')).inputDigest).not.toBe(before.inputDigest)
  })

  it.each(['debian-12', 'debian-13', 'debian-12-verity', 'debian-12-memory'])(
    'reads the recipe that ships, with SSH closed: %s',
    async (name) => {
      const { recipe } = await loadRecipe(join('images', name))
      expect(recipe).toMatchObject({ name, ssh: { enabled: false, authorizedKeys: [] } })
      expect(recipe.packages).toContain('cloud-init')
    },
  )

  it('joins a recipe with the one it is based on', async () => {
    await derived(`packages: [nginx-light]
withoutPackages: [vim]
withoutFiles: [/etc/motd]
size: 1 GiB
root: verity
kernel: { arguments: [panic=5] }
units: { enable: [b.service] }
scripts: [second]
ssh: { enabled: true }
`)
    await put('web/scripts/second', '#!/bin/sh\n')
    const { recipe, files, scripts } = await load('web')
    expect(recipe).toMatchObject({
      ...{ name: 'web', version: '1', suite: 'bookworm', size: 1024 ** 3, root: 'verity' },
      ...{ packages: ['udev', 'nginx-light'], ssh: { enabled: true, authorizedKeys: [] } },
      kernel: { package: 'linux-image-amd64', arguments: ['quiet', 'panic=5'] },
      units: { enable: ['a.service', 'b.service'], mask: [] },
    })
    expect(files.map(({ directory, without }) => [basename(dirname(directory)), without])).toEqual([
      ['base', ['/etc/motd']],
      ['web', []],
    ])
    expect(scripts.map((path) => basename(path))).toEqual(['first', 'second'])
  })
})
