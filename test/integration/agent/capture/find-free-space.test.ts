import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { fileSystemKindOf } from '../../../../src/agent/capture/file-system-kind.ts'
import { findFreeSpace } from '../../../../src/agent/capture/find-free-space.ts'
import { MEBIBYTE } from '../../../../src/base/byte-size.ts'

let directory = ''
const volume = () => join(directory, 'volume')
const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 256 * MEBIBYTE })
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Fills what is said to be free with junk: a file system that used any of it would be damaged. */
async function spoilFreeSpace(): Promise<number> {
  const start = (await readFile(volume())).subarray(0, 4096)
  const kind = fileSystemKindOf(start)
  if (kind === undefined) throw new Error('no file system was recognised')
  const lines: string[] = []
  const log = (line: string) => lines.push(line)
  const ranges = await findFreeSpace({ kind, devicePath: volume(), start, log })
  expect(lines).toEqual([])
  await using file = await open(volume(), 'r+')
  let freeBytes = 0
  for (const { offset, length } of ranges) {
    for (let done = 0; done < length; done += MEBIBYTE) {
      const bytes = Buffer.alloc(Math.min(MEBIBYTE, length - done), 0xa5)
      await file.write(bytes, 0, bytes.length, offset + done)
    }
    freeBytes += length
  }
  return freeBytes
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'free-space-'))
})
afterEach(() => rm(directory, { recursive: true }))

describe(findFreeSpace, () => {
  test('says why when the file system is damaged, and then counts nothing as free', async () => {
    await writeFile(volume(), randomBytes(MEBIBYTE))
    const lines: string[] = []
    const start = new Uint8Array(4096)
    const question = { kind: 'ext4', devicePath: volume(), start } as const
    expect(await findFreeSpace({ ...question, log: (line) => lines.push(line) })).toEqual([])
    expect(lines.join()).toContain('all of it is captured')
  })

  test.each(['ext2', 'ext4'])('%s: what is free holds nothing of any file', async (type) => {
    const files = join(directory, 'files')
    await mkdir(files)
    const content = randomBytes(3 * MEBIBYTE)
    await writeFile(join(files, 'content'), content)
    await writeFile(volume(), '')
    await truncate(volume(), 64 * MEBIBYTE)
    run(`mkfs.${type}`, '-q', '-d', files, volume())
    expect(await spoilFreeSpace()).toBeGreaterThan(40 * MEBIBYTE)
    run('e2fsck', '-fn', volume())
    run('debugfs', '-R', `dump content ${join(directory, 'again')}`, volume())
    expect(digest(await readFile(join(directory, 'again')))).toBe(digest(content))
  })

  test('xfs: what is free holds nothing of any file', async () => {
    const content = randomBytes(3 * MEBIBYTE)
    await writeFile(join(directory, 'content'), content)
    const prototype = `/dev/null\n0 0\nd--755 0 0\ncontent ---644 0 0 ${join(directory, 'content')}\n$\n`
    await writeFile(join(directory, 'prototype'), prototype)
    await writeFile(volume(), '')
    await truncate(volume(), 320 * MEBIBYTE)
    run('mkfs.xfs', '-q', '-p', join(directory, 'prototype'), volume())
    expect(await spoilFreeSpace()).toBeGreaterThan(200 * MEBIBYTE)
    run('xfs_repair', '-n', volume())
    expect((await readFile(volume())).includes(content.subarray(0, MEBIBYTE))).toBe(true)
  })

  test('ntfs: what is free holds nothing of any file', async () => {
    const content = randomBytes(3 * MEBIBYTE)
    await writeFile(join(directory, 'content'), content)
    await writeFile(volume(), '')
    await truncate(volume(), 64 * MEBIBYTE)
    run('mkntfs', '--force', '--fast', '--quiet', volume())
    run('ntfscp', '--quiet', volume(), join(directory, 'content'), 'content')
    expect(await spoilFreeSpace()).toBeGreaterThan(40 * MEBIBYTE)
    expect(digest(run('ntfscat', volume(), 'content'))).toBe(digest(content))
  })
})
