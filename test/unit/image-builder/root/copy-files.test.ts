import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { copyFilesOver } from '../../../../src/image-builder/root/copy-files.ts'

describe(copyFilesOver, () => {
  let directory: string
  let source: string
  let target: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'repave-files-'))
    source = join(directory, 'files')
    target = join(directory, 'root')
    await mkdir(join(source, 'etc/new'), { recursive: true })
    await mkdir(join(target, 'etc'), { recursive: true, mode: 0o711 })
  })
  afterEach(async () => {
    await rm(directory, { recursive: true })
  })
  const modeOf = async (path: string) => (await lstat(join(target, path))).mode & 0o777

  it('replaces a file instead of writing through a link', async () => {
    await writeFile(join(directory, 'outside'), 'untouched')
    await symlink(join(directory, 'outside'), join(target, 'etc/motd'))
    await writeFile(join(source, 'etc/motd'), 'hello')
    await copyFilesOver(source, target)
    expect(await readFile(join(target, 'etc/motd'), 'utf8')).toBe('hello')
    expect(await readFile(join(directory, 'outside'), 'utf8')).toBe('untouched')
  })

  it('gives plain modes, whatever a checkout has, and keeps links', async () => {
    await writeFile(join(source, 'etc/new/plain'), '')
    await writeFile(join(source, 'etc/new/script'), '')
    await chmod(join(source, 'etc/new/plain'), 0o600)
    await chmod(join(source, 'etc/new/script'), 0o700)
    await symlink('/dev/null', join(source, 'etc/masked'))
    await copyFilesOver(source, target)
    expect(await modeOf('etc/new')).toBe(0o755)
    expect(await modeOf('etc/new/plain')).toBe(0o644)
    expect(await modeOf('etc/new/script')).toBe(0o755)
    expect(await readlink(join(target, 'etc/masked'))).toBe('/dev/null')
  })

  it('leaves the mode of a folder that is there', async () => {
    await copyFilesOver(source, target)
    expect(await modeOf('etc')).toBe(0o711)
  })
})
