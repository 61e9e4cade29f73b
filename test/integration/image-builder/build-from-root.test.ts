import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { buildFromRoot } from '../../../src/image-builder/root-tar/build-from-root.ts'
import { type TarEntry, tarArchive } from '../../fakes/tar-archive.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'repave-build-from-root-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const root: readonly TarEntry[] = [
  { path: './', type: '5', mode: '0000755' },
  { path: './boot/vmlinuz-6.1.0-9', content: Buffer.from('old kernel') },
  { path: './boot/initrd.img-6.1.0-9', content: Buffer.from('old initramfs') },
  { path: './boot/vmlinuz-6.1.0-10', content: Buffer.from('new kernel') },
  { path: './boot/initrd.img-6.1.0-10', content: Buffer.from('new initramfs') },
  { path: './boot/vmlinuz-6.1.0-11', content: Buffer.from('kernel without initramfs') },
  { path: './etc/machine-id', content: Buffer.from('0123456789abcdef0123456789abcdef\n') },
  { path: './etc/ssh/ssh_host_ed25519_key', content: Buffer.from('secret') },
  { path: './sbin/init', content: Buffer.from('#!/bin/sh\n'), mode: '0000755' },
]

async function build(entries: readonly TarEntry[], name = 'disk') {
  const tarFile = join(folder, `${name}.tar`)
  writeFileSync(tarFile, tarArchive(...entries))
  const outputFile = join(folder, `${name}.raw`)
  const built = await buildFromRoot({
    ...{ tarFile, name, outputFile, kernelArguments: ['quiet'], log: () => undefined },
  })
  return { ...built, digest: createHash('sha256').update(readFileSync(outputFile)).digest('hex') }
}

/** A file of the root file system, which begins behind the boot partitions. */
function fileOfDisk(disk: string, path: string): string {
  const offset = 18 * MEBIBYTE
  const device = `${disk}?offset=${offset}`
  return execFileSync('debugfs', ['-R', `cat ${path}`, device], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

describe(buildFromRoot, () => {
  it.each([
    ['no kernel', root.filter(({ path }) => !path.includes('vmlinuz'))],
    ['no initramfs', root.filter(({ path }) => !path.includes('initrd'))],
    ['nothing', []],
  ])('refuses a root with %s, and leaves nothing', async (_name, entries) => {
    await expect(build(entries)).rejects.toMatchObject({ code: 'ERR_ROOT_NOT_BOOTABLE' })
    expect(readdirSync(folder)).toEqual(['disk.tar'])
  })

  it('makes a disk that boots the newest whole kernel, and nothing that tells machines apart', async () => {
    const built = await build(root)
    expect(built).toMatchObject({ name: 'disk', version: '20210114', members: root.length })
    const grub = fileOfDisk(built.outputFile, '/boot/grub/grub.cfg')
    expect(grub).toMatch(
      /^linux \/boot\/vmlinuz-6\.1\.0-10 root=PARTUUID=([0-9a-f-]{36}) ro quiet$/m,
    )
    expect(grub).toContain('initrd /boot/initrd.img-6.1.0-10')
    const partition = /PARTUUID=([0-9a-f-]{36})/.exec(grub)?.[1] ?? ''
    expect(fileOfDisk(built.outputFile, '/etc/fstab')).toContain(`PARTUUID=${partition} / ext4`)
    expect(fileOfDisk(built.outputFile, '/etc/machine-id')).toBe('')
    expect(fileOfDisk(built.outputFile, '/etc/ssh/ssh_host_ed25519_key')).toBe('')
    expect(fileOfDisk(built.outputFile, '/sbin/init')).toBe('#!/bin/sh\n')
    const table = execFileSync('sfdisk', ['--json', built.outputFile], { encoding: 'utf8' })
    expect(table.toLowerCase()).toContain(partition)
  })

  it('makes the same disk of the same archive', async () => {
    const [first, second] = [await build(root, 'one'), await build(root, 'two')]
    expect(second.digest).toBe(first.digest)
    const changed = root.map((entry) => ({ ...entry, mode: '0000700' }))
    expect((await build(changed, 'three')).digest).not.toBe(first.digest)
  })
})
