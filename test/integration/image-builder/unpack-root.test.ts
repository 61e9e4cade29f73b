import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { unpackRoot } from '../../../src/image-builder/root-tar/unpack-root.ts'
import { paxHeader, tarArchive, tarEntry } from '../../fakes/tar-archive.ts'

let folder: string
let root: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repave-unpack-root-'))
  root = join(folder, 'root')
})
afterEach(() => rmSync(folder, { recursive: true }))

const unpack = (archive: Uint8Array) => {
  const file = join(folder, 'root.tar')
  writeFileSync(file, archive)
  return unpackRoot(file, root)
}
const content = Buffer.from('content')

describe(unpackRoot, () => {
  it.each([
    ['a path that leads upwards', tarArchive({ path: '../outside', content })],
    ['one hidden in the middle', tarArchive({ path: 'usr/../../outside', content })],
    ['one in an extended header', tarArchive(paxHeader({ path: '../outside' }), { path: 'x' })],
    [
      'a file in the place of a folder',
      tarArchive({ path: 'a/b', content }, { path: 'a', content }),
    ],
    [
      'a folder in the place of a file',
      tarArchive({ path: 'a', content }, { path: 'a/b', content }),
    ],
    [
      'a link in the place of a folder',
      tarArchive({ path: 'a', type: '2', linkTarget: '/etc' }, { path: 'a/passwd', content }),
    ],
    ['a hard link to a file outside', tarArchive({ path: 'a', type: '1', linkTarget: '../x' })],
    ['a hard link to nothing', tarArchive({ path: 'a', type: '1', linkTarget: 'b' })],
    [
      'a file in the place of the root',
      tarArchive({ path: './', content, type: '0' }).fill(0x30, 156, 157),
    ],
    ['an archive that is cut off', tarEntry({ path: 'a', content }).subarray(0, 600)],
    ['a gzip that is cut off', gzipSync(tarArchive({ path: 'a', content })).subarray(0, -6)],
    [
      'a zstd that is cut off',
      zstdCompressSync(tarArchive({ path: 'a', content })).subarray(0, -3),
    ],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0])],
  ])('I12 refuses %s, and writes nothing outside', async (_name, archive) => {
    await expect(unpack(archive)).rejects.toMatchObject({ code: 'ERR_TAR_REFUSED' })
    expect(readdirSync(folder).toSorted()).toEqual(['root', 'root.tar'])
  })

  it('I12 writes through no chain of links', async () => {
    const outside = join(folder, 'outside')
    await unpack(
      tarArchive(
        { path: 'one', type: '2', linkTarget: '..' },
        { path: 'two', type: '2', linkTarget: 'one/outside' },
        { path: 'three', type: '1', linkTarget: 'two' },
        { path: 'three', content },
        { path: 'two', content },
      ),
    )
    expect(existsSync(outside)).toBe(false)
    expect(lstatSync(join(root, 'two')).isFile()).toBe(true)
    expect(lstatSync(join(root, 'three')).isFile()).toBe(true)
  })

  it('I12 keeps names apart that differ in case, and leaves device nodes to the kernel', async () => {
    const unpacked = await unpack(
      tarArchive(
        { path: 'File', content: Buffer.from('upper') },
        { path: 'file', content: Buffer.from('lower') },
        { path: 'dev/sda', type: '4' },
        { path: 'dev/null', type: '3' },
        { path: 'run/pipe', type: '6' },
      ),
    )
    expect(unpacked).toMatchObject({ members: 5, leftOut: 3 })
    expect(readdirSync(root).toSorted()).toEqual(['File', 'file'])
    expect(readFileSync(join(root, 'File'), 'utf8')).toBe('upper')
  })

  it('I12 takes many members in bounded memory', async () => {
    const many = Array.from({ length: 3000 }, (_unused, index) => ({ path: `f/${index}` }))
    expect(await unpack(tarArchive(...many))).toMatchObject({ members: 3000 })
  })

  it('gives owners, modes, times, links and names that are no UTF-8', async () => {
    const { digest, newestSeconds } = await unpack(
      zstdCompressSync(
        tarArchive(
          { path: './', type: '5', mode: '0000755' },
          paxHeader({ mtime: '1600000000', uid: '1000', gid: '100' }),
          { path: 'usr/bin/su', content, mode: '0004755' },
          { path: 'usr/bin/again', type: '1', linkTarget: './usr/bin/su' },
          { path: 'bin', type: '2', linkTarget: 'usr/bin' },
          { path: 'tmp/', type: '5', mode: '0001777' },
          { path: 'na\u00efve', content },
        ),
      ),
    )
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(newestSeconds).toBe(0o14000000000)
    const su = statSync(join(root, 'usr/bin/su'))
    expect([su.mode & 0o7777, su.uid, su.gid, su.nlink]).toEqual([0o4755, 1000, 100, 2])
    expect(su.mtimeMs).toBe(1_600_000_000_000)
    expect(readlinkSync(join(root, 'bin'))).toBe('usr/bin')
    expect(statSync(join(root, 'tmp')).mode & 0o7777).toBe(0o1777)
    const names = readdirSync(root, { encoding: 'latin1' }).toSorted()
    expect(names).toEqual(['bin', 'na\u00efve', 'tmp', 'usr'])
  })
})
