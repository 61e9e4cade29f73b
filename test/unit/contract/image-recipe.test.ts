import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { imageRecipeSchema } from '../../../src/contract/image-recipe.ts'

const recipe = {
  name: 'small',
  version: '{debian}-{date}',
  arch: 'x86_64',
  suite: 'bookworm',
  size: '1536 MiB',
  kernel: { package: 'linux-image-amd64', arguments: ['console=ttyS0,115200n8'] },
  packages: ['systemd-sysv'],
}

describe('imageRecipeSchema', () => {
  it.each([
    ['a size that is no whole MiB', { size: '1000000' }],
    ['a size that is no size', { size: 'large' }],
    ['no size at all', { size: '0' }],
    ['a version with a path in it', { version: '../1' }],
    ['a version with an unknown rule', { version: '{month}' }],
    ['a package that is an option', { packages: ['--force'] }],
    ['a package with a comma', { packages: ['bash,dash'] }],
    ['no packages', { packages: [] }],
    [
      'a kernel argument that is two',
      { kernel: { package: 'linux-image-amd64', arguments: ['a b'] } },
    ],
    [
      'a kernel argument with a quote',
      { kernel: { package: 'linux-image-amd64', arguments: ['a"'] } },
    ],
    ['a unit without a suffix', { units: { mask: ['apt-daily'] } }],
    ['a left-out path that is relative', { leaveOut: ['usr/share'] }],
    ['another key', { mirror: 'http://mirror.example/' }],
  ])('refuses %s', (_name, change) => {
    expect(imageRecipeSchema.safeParse({ ...recipe, ...change }).success).toBe(false)
  })

  it('reads a size into bytes and fills in what is left out', () => {
    const read = imageRecipeSchema.parse(recipe)
    expect(read.size).toBe(1536 * 1_048_576)
    expect(read.units).toEqual({ enable: [], disable: [], mask: [] })
    expect(read.leaveOut).toEqual([])
  })

  it('accepts the recipe that comes with the project', () => {
    const text = readFileSync('images/debian-12/image.yaml', 'utf8')
    expect(imageRecipeSchema.parse(parse(text)).name).toBe('debian-12')
  })
})
