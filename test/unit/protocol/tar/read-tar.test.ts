import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'

import { readTar } from '../../../../src/protocol/tar/read-tar.ts'
import type { TarMember } from '../../../../src/protocol/tar/tar-member.ts'
import { inParts } from '../../../fakes/read-import.ts'
import { paxHeader, tarArchive, tarEntry } from '../../../fakes/tar-archive.ts'

async function membersOf(bytes: Uint8Array, partBytes = 700) {
  const members: (TarMember & { readonly content: string })[] = []
  await readTar(inParts(bytes, partBytes), async (member, content) => {
    const parts: Uint8Array[] = []
    for await (const part of content) parts.push(Buffer.from(part))
    members.push({ ...member, content: Buffer.concat(parts).toString('latin1') })
  })
  return members
}
const file = tarEntry({ path: 'etc/hostname', content: Buffer.from('node-1\n') })

describe(readTar, () => {
  it.each([
    ['a header that is cut off', file.subarray(0, 300)],
    ['a file that is cut off', file.subarray(0, 515)],
    ['padding that is cut off', file.subarray(0, 900)],
    ['a long name that is cut off', tarEntry({ path: 'x', type: 'L', size: '00000000400' })],
    ['a wrong checksum', Uint8Array.from(file).with(0, 0x45)],
    ['a negative size', tarArchive({ path: 'x', size: '\u0000-0000000001' })],
    ['a size that is no number', tarArchive({ path: 'x', size: '9999' })],
    ['an owner that is no number', tarArchive({ path: 'x', userId: 'root' })],
    ['a sparse file', tarArchive({ path: 'x', type: 'S' })],
    ['a kind that is not known', tarArchive({ path: 'x', type: 'V' })],
    ['a name with a NUL', tarArchive(paxHeader({ path: 'etc\0/x' }), { path: 'x' })],
    ['a sparse file of pax', tarArchive(paxHeader({ 'GNU.sparse.map': '0,1' }), { path: 'x' })],
    ['a size of pax that is none', tarArchive(paxHeader({ size: '-1' }), { path: 'x' })],
    ['a size of pax without end', tarArchive(paxHeader({ size: '9'.repeat(30) }), { path: 'x' })],
    ['a header that renames all', tarArchive(paxHeader({ path: 'x' }, 'g'), { path: 'y' })],
    [
      'a record of a wrong length',
      tarArchive({ path: 'p', type: 'x', content: Buffer.from('99 path=x\n') }),
    ],
    ['a long name of 2 MiB', tarArchive({ path: 'x', type: 'L', size: '00010000000' })],
    ['something behind the end', Buffer.concat([tarArchive(file), Buffer.from('more')])],
    ['no archive', Buffer.alloc(512, 'no archive at all ')],
  ])('I12 refuses %s', async (_name, bytes) => {
    await expect(membersOf(bytes)).rejects.toMatchObject({ code: 'ERR_TAR_REFUSED' })
  })

  it('reads what GNU tar writes, in each of its forms', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'repave-tar-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const long = `${'long-name-'.repeat(15)}/${'x'.repeat(120)}`
    mkdirSync(join(folder, 'root', long, '..'), { recursive: true })
    writeFileSync(join(folder, 'root', long), 'content', { mode: 0o640 })
    symlinkSync('/bin/sh', join(folder, 'root', 'link'))
    for (const format of ['gnu', 'pax', 'posix']) {
      const argv = [`--format=${format}`, '--sort=name', '--mtime=@1700000000.5', '-C', 'root']
      const bytes = execFileSync('tar', [...argv, '-cf', '-', '.'], { cwd: folder })
      const members = await membersOf(bytes)
      expect(members.map(({ type, path }) => [type, path])).toEqual([
        ['directory', './'],
        ['symlink', './link'],
        ['directory', `./${long.split('/')[0]}/`],
        ['file', `./${long}`],
      ])
      expect(members[1]?.linkTarget).toBe('/bin/sh')
      expect(members[3]).toMatchObject({ mode: 0o640, content: 'content' })
      expect(members[3]?.modifiedSeconds).toBe(1_700_000_000)
    }
  })

  it('takes names and sizes from the extended header before a member, and of no other', async () => {
    const content = Buffer.from('12345')
    const archive = tarArchive(
      paxHeader({ path: 'renamed', size: '5', uid: '4000000', mtime: '-3.5' }),
      Buffer.concat([tarEntry({ path: 'x', size: '00000000000' }), Buffer.alloc(512)]).fill(
        content,
        512,
        517,
      ),
      { path: 'y' },
    )
    const [first, second] = await membersOf(archive)
    expect(first).toMatchObject({ path: 'renamed', userId: 4_000_000, content: '12345' })
    expect(first?.modifiedSeconds).toBe(0)
    expect(second).toMatchObject({ path: 'y', userId: 0 })
  })

  it('gives the same members however the bytes arrive', async () => {
    const archive = tarArchive(file, { path: 'dev/null', type: '3' }, { path: 'usr/', type: '5' })
    const whole = await membersOf(archive, archive.length)
    expect(whole.map(({ type }) => type)).toEqual(['file', 'character-device', 'directory'])
    for (const size of [1, 511, 512, 513]) expect(await membersOf(archive, size)).toEqual(whole)
  })

  it('ends on any bytes with members or a refusal, and reads no further than there is', async () => {
    const archive = tarArchive(paxHeader({ path: 'long' }), file, { path: 'l', type: '1' })
    const places = fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(places, fc.nat(archive.length), async (changes, length) => {
        const bytes = Uint8Array.from(archive)
        for (const [offset, value] of changes) bytes[offset] = value
        const outcome = await membersOf(bytes.subarray(0, length)).catch(
          (error: { code?: string }) => error.code,
        )
        if (!Array.isArray(outcome)) expect(outcome).toBe('ERR_TAR_REFUSED')
      }),
    )
  })
})
