import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { startImageDaemon } from '../../fakes/image-daemon.ts'

const chunkBytes = 4 * MEBIBYTE

let folder: string
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'repave-next-version-'))))
afterEach(() => rm(folder, { recursive: true }))

const run = (command: string, ...argv: string[]) =>
  execFileSync(command, argv, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })

const packages = 'bash coreutils dpkg findutils grep libc6 perl-base sed tar util-linux'

/** A file system with what every Debian has, taken from this machine's own: some 30 MB. */
async function makeSystem(disk: string): Promise<void> {
  const root = join(folder, 'root')
  await mkdir(root)
  const files = `dpkg -L ${packages} | while read -r file; do [ -f "$file" ] && echo "$file"; done`
  run('sh', '-c', `${files} | xargs cp --parents --dereference --target-directory=${root}`)
  run('mke2fs', '-q', '-F', '-t', 'ext4', '-d', root, disk, '256M')
}

/** What an upgrade does: files are written anew beside the old ones, which then go. */
async function upgrade(disk: string, files: readonly string[]): Promise<void> {
  await writeFile(join(folder, 'new-file'), randomBytes(60_000))
  for (const file of files) {
    run('debugfs', '-w', '-R', `write new-file ${file}.dpkg-new`, disk)
    run('debugfs', '-w', '-R', `rm ${file}`, disk)
    run('debugfs', '-w', '-R', `ln ${file}.dpkg-new ${file}`, disk)
  }
}

async function storedBytes(directory: string): Promise<number> {
  const packs = join(directory, 'images', 'packs')
  const files = (await readdir(packs)).filter((file) => file.endsWith('.pack'))
  const sizes = await Promise.all(files.map((file) => stat(join(packs, file))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

describe('the next version of a Debian', () => {
  it('costs the store what changed, and a machine that holds the old one as much', async () => {
    const daemon = await startImageDaemon(folder)
    const versions = [join(folder, 'one.raw'), join(folder, 'two.raw')] as const
    await makeSystem(versions[0])
    await copyFile(versions[0], versions[1])
    await upgrade(versions[1], ['/bin/bash', '/usr/bin/dpkg', '/bin/tar'])
    for (const [index, file] of versions.entries()) {
      const argv = ['image', 'import', file, '--name', 'debian', '--version', String(index + 1)]
      expect(await daemon.repave(...argv)).toMatchObject({ exitCode: 0 })
    }
    const [next, first] = await daemon.images.store.listVersions('debian')
    const whole = first?.packBytes ?? 0
    const added = (await storedBytes(daemon.directory)) - whole
    expect(whole).toBeGreaterThan(10 * MEBIBYTE)
    // Superblock, bitmaps, inodes and folders, and where the new files lie.
    expect(added).toBeGreaterThan(3 * 60_000)
    expect(added).toBeLessThan(whole / 3)
    const diff = await daemon.repave('image', 'diff', 'debian@1', 'debian@2', '-o', 'json')
    const facts = JSON.parse(diff.out) as Record<string, number>
    expect(facts['ownStoredBytes']).toBe(added)
    expect(facts['fetchBytes']).toBe(added)
    expect(facts['changedBytes']).toBeLessThanOrEqual(6 * chunkBytes)
    expect((facts['sharedStoredBytes'] ?? 0) + added).toBe(next?.packBytes)
    expect((await daemon.repave('image', 'verify', 'debian@2')).exitCode).toBe(0)
  })
})
