import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ArchiveEntry } from '../../../../src/protocol/cpio/archive-entry.ts'
import { encodeNewc } from '../../../../src/protocol/cpio/encode-newc.ts'

const archiveOf = (entries: ArchiveEntry[]): Buffer => Buffer.concat([...encodeNewc(entries)])

const sample: ArchiveEntry[] = [
  { type: 'file', path: 'usr/bin/tool', bytes: Buffer.from('12345'), mode: 0o755 },
  { type: 'symlink', path: 'init', target: 'usr/bin/tool' },
  { type: 'directory', path: 'tmp', mode: 0o1777 },
  { type: 'character-device', path: 'dev/console', major: 5, minor: 1, mode: 0o600 },
  { type: 'block-device', path: 'dev/loop0', major: 7, minor: 0, mode: 0o660 },
  { type: 'file', path: 'empty', bytes: new Uint8Array(0) },
]

/** What GNU cpio reads from an archive: `mode owner group size-or-device path` a line. */
function listWithCpio(archive: Buffer): string[] {
  const listing = execFileSync('cpio', ['-itv', '--numeric-uid-gid', '--quiet'], {
    input: archive,
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
  })
  return listing.trimEnd().split('\n')
}

describe('encodeNewc', () => {
  it.each(['/absolute', 'up/../down', 'a//b', 'trailing/', './here', '', 'sp ace', 'ümlaut'])(
    'refuses the path %j',
    (path) => {
      expect(() => archiveOf([{ type: 'directory', path }])).toThrow(RangeError)
    },
  )

  it('refuses a path that appears twice', () => {
    const entry: ArchiveEntry = { type: 'directory', path: 'etc' }
    expect(() => archiveOf([entry, entry])).toThrow('twice in the archive: etc')
  })

  it('is read by GNU cpio with types, permissions, devices and targets intact', () => {
    const lines = listWithCpio(archiveOf(sample)).map((line) => line.replaceAll(/\s+/g, ' '))
    const epoch = 'Jan 1 1970'
    expect(lines).toEqual([
      `drwxr-xr-x 2 0 0 0 ${epoch} dev`,
      `crw------- 1 0 0 5, 1 ${epoch} dev/console`,
      `brw-rw---- 1 0 0 7, 0 ${epoch} dev/loop0`,
      `-rw-r--r-- 1 0 0 0 ${epoch} empty`,
      `lrwxrwxrwx 1 0 0 12 ${epoch} init -> usr/bin/tool`,
      `drwxrwxrwt 2 0 0 0 ${epoch} tmp`,
      `drwxr-xr-x 2 0 0 0 ${epoch} usr`,
      `drwxr-xr-x 2 0 0 0 ${epoch} usr/bin`,
      `-rwxr-xr-x 1 0 0 5 ${epoch} usr/bin/tool`,
    ])
  })

  it('gives the same bytes whatever the order of the entries', () => {
    const expected = archiveOf(sample)
    fc.assert(
      fc.property(fc.shuffledSubarray(sample, { minLength: sample.length }), (shuffled) => {
        expect(archiveOf(shuffled).equals(expected)).toBe(true)
      }),
    )
  })

  it('keeps every header and every content on a 4-byte boundary', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (bytes, length) => {
          const pieces = [...encodeNewc([{ type: 'file', path: 'n'.repeat(length), bytes }])]
          const [header, contents, padding] = pieces
          expect(header!.length % 4).toBe(0)
          expect((contents!.length + padding!.length) % 4).toBe(0)
        },
      ),
    )
  })
})
