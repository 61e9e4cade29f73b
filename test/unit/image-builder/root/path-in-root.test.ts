import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  linkInRoot,
  pathInRoot,
  writeInRoot,
} from '../../../../src/image-builder/root/path-in-root.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'repave-path-in-root-'))
  mkdirSync(join(root, 'usr/lib'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

describe(pathInRoot, () => {
  it('refuses a circle of links', async () => {
    symlinkSync('b', join(root, 'a'))
    symlinkSync('a', join(root, 'b'))
    await expect(pathInRoot(root, '/a/x')).rejects.toThrow('a circle')
  })

  it.each([
    ['/etc', '/out/passwd', 'etc/passwd'],
    ['../../../../etc', '/out/passwd', 'etc/passwd'],
    ['usr/lib', '/out/x', 'usr/lib/x'],
    ['/', '/out/../../x', 'x'],
  ])('never leaves the root by a link to %s', async (target, path, expected) => {
    symlinkSync(target, join(root, 'out'))
    expect(await pathInRoot(root, path)).toBe(join(root, expected))
  })

  it('leaves a link at the end as it is', async () => {
    symlinkSync('/usr/lib', join(root, 'lib'))
    expect(await pathInRoot(root, '/lib')).toBe(join(root, 'lib'))
    expect(await pathInRoot(root, '/lib/.')).toBe(join(root, 'usr/lib'))
  })
})

describe(writeInRoot, () => {
  it('replaces a link by the file, and does not write through it', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'repave-outside-'))
    try {
      writeFileSync(join(outside, 'hosts'), 'theirs')
      mkdirSync(join(root, 'etc'))
      symlinkSync(join(outside, 'hosts'), join(root, 'etc/hosts'))
      await writeInRoot(root, '/etc/hosts', 'ours', 0o600)
      expect(readFileSync(join(outside, 'hosts'), 'utf8')).toBe('theirs')
      expect(readFileSync(join(root, 'etc/hosts'), 'utf8')).toBe('ours')
      expect(lstatSync(join(root, 'etc/hosts')).mode & 0o777).toBe(0o600)
    } finally {
      rmSync(outside, { recursive: true })
    }
  })
})

describe(linkInRoot, () => {
  it('makes the folders on the way and replaces what stands there', async () => {
    await writeInRoot(root, '/etc/new/resolv.conf', 'x')
    await linkInRoot(root, '/etc/new/resolv.conf', '../run/stub')
    expect(readlinkSync(join(root, 'etc/new/resolv.conf'))).toBe('../run/stub')
  })
})
