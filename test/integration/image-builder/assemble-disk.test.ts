import { execFileSync } from 'node:child_process'
import { hash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import type { RootKind } from '../../../src/contract/image-recipe.ts'
import { ensureDebianPackages } from '../../../src/debian/ensure-debian-packages.ts'
import { diskToolPackages } from '../../../src/image-builder/build-image.ts'
import { assembleDisk } from '../../../src/image-builder/disk/assemble-disk.ts'
import { derivedGuid } from '../../../src/image-builder/disk/derived-guid.ts'
import { decodeGpt } from '../../../src/protocol/gpt/decode-gpt.ts'
import { readBootImage } from '../../../src/protocol/pe/read-boot-image.ts'
import { verityAreaFault } from '../../../src/protocol/verity/verity-area-fault.ts'
import { needProgram } from '../../fakes/need-program.ts'

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer')
const guid = (purpose: string) => derivedGuid('test', purpose)
const guids = {
  ...{ disk: guid('disk'), biosBoot: guid('bios'), efiSystem: guid('efi') },
  ...{ root: guid('root'), verity: guid('verity'), state: guid('state') },
}

let folder: string
beforeAll(async () => {
  await needProgram('mksquashfs', 'squashfs-tools')
  await needProgram('mformat', 'mtools')
  await ensureDebianPackages(diskToolPackages, { log: () => undefined })
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repave-assemble-'))
  mkdirSync(join(folder, 'root/boot'), { recursive: true })
  for (const [path, text] of [
    ['boot/vmlinuz-1', 'a kernel'],
    ['boot/initrd.img-1', 'an initramfs'],
    ['noise', randomBytes(65_536).toString('base64')],
  ] as const) {
    writeFileSync(join(folder, 'root', path), text)
    utimesSync(join(folder, 'root', path), 1000, 1000)
  }
  for (const path of ['root/boot', 'root']) utimesSync(join(folder, path), 1000, 1000)
})
afterEach(() => rmSync(folder, { recursive: true }))

async function assemble(root: RootKind, name: string, imageBytes = 160 * MEBIBYTE) {
  const outputFile = join(folder, `${name}.raw`)
  const workDirectory = join(folder, name)
  mkdirSync(workDirectory)
  const made = await assembleDisk({
    ...{ root, imageBytes, rootDirectory: join(folder, 'root'), guids, outputFile, workDirectory },
    kernel: { kernel: '/boot/vmlinuz-1', initramfs: '/boot/initrd.img-1' },
    ...{ kernelArguments: ['quiet'], inputDigest: 'test', sourceDateEpoch: 1000 },
  })
  return { ...made, outputFile, disk: readFileSync(outputFile) }
}

/** A file of the EFI system partition, which begins at 2 MiB. */
const bootFile = (disk: string, name: string) =>
  execFileSync('mtype', ['-i', `${disk}@@${2 * MEBIBYTE}`, `::${name}`], {
    maxBuffer: 64 * MEBIBYTE,
  })

describe(assembleDisk, () => {
  it('refuses what does not fit', async () => {
    await expect(assemble('verity', 'small', 100 * MEBIBYTE)).rejects.toMatchObject({
      code: 'ERR_IMAGE_TOO_SMALL',
    })
  })

  it('gives firmware with Secure Boot shim and GRUB as they were signed, which find their own disk', async () => {
    const { outputFile } = await assemble('memory', 'signed')
    for (const name of ['BOOTX64.EFI', 'grubx64.efi']) {
      const reading = readBootImage(bootFile(outputFile, `/EFI/BOOT/${name}`))
      expect(reading).toMatchObject({ ok: true, facts: { isSigned: true } })
    }
    const config = bootFile(outputFile, '/EFI/debian/grub.cfg').toString()
    expect(config).toContain('set root="${disk},gpt2"\nconfigfile /grub/grub.cfg\n')
  })

  it('lays hashes beside a read-only root and tells the kernel the hash at their top', async () => {
    const { disk, outputFile, verity } = await assemble('verity', 'one')
    if (verity === undefined) throw new Error('no verity')
    const { dataOffsetBytes, dataBytes, treeOffsetBytes, rootHash } = verity
    const root = disk.subarray(dataOffsetBytes, dataOffsetBytes + dataBytes)
    expect(root.subarray(0, 4).toString()).toBe('hsqs')
    expect(verityAreaFault(disk.subarray(treeOffsetBytes), verity, sha256)).toBeUndefined()
    const grub = bootFile(outputFile, '/grub/grub.cfg').toString()
    expect(grub).toContain(`repave.verity.roothash=${rootHash}`)
    const table = decodeGpt(disk, 512)
    if (!table.ok) throw new Error(table.reason)
    for (const [key, name] of [
      ['root', 'data'],
      ['verity', 'tree'],
    ] as const) {
      expect(grub).toContain(`repave.verity.${name}=PARTUUID=${guids[key]}`)
    }
    expect(table.table.partitions.map(({ partitionGuid }) => partitionGuid)).toContain(guids.state)
  })

  it('puts a root for memory behind the initramfs, and both beside the disk as well', async () => {
    const { outputFile, bootFiles } = await assemble('memory', 'one')
    const initramfs = readFileSync(bootFiles?.initramfs ?? '')
    expect(initramfs.subarray(0, 12).toString()).toBe('an initramfs')
    expect(initramfs.includes('root.squashfs')).toBe(true)
    expect(initramfs.includes('hsqs')).toBe(true)
    expect(bootFile(outputFile, '/initrd.img').equals(initramfs)).toBe(true)
    expect(readFileSync(bootFiles?.kernel ?? '', 'utf8')).toBe('a kernel')
    expect(bootFile(outputFile, '/grub/grub.cfg').toString()).toContain('boot=memory quiet')
  })

  it.each(['verity', 'memory'] as const)(
    'makes the same bytes of the same root: %s',
    async (root) => {
      const [one, two] = [await assemble(root, 'one'), await assemble(root, 'two')]
      expect(two.disk.equals(one.disk)).toBe(true)
      expect(two.verity).toEqual(one.verity)
    },
  )
})
