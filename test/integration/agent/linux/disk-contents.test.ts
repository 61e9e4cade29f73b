import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { withContents } from '../../../../src/agent/linux/disk-contents.ts'
import { KernelFiles } from '../../../../src/agent/linux/kernel-files.ts'
import { selectDisk } from '../../../../src/agent/tasks/select-disk.ts'
import type { Disk, DiskContents } from '../../../../src/contract/machine.ts'
import { attachLoopDevice } from '../../../fakes/loop-device.ts'
import {
  makeSignedFile,
  partialSets,
  sharedSignatures,
  signedFileBytes,
  type SignatureWriter,
  writeVolumeGroup,
} from '../../../fakes/written-signatures.ts'

const MiB = 1024 * 1024
const firstPartitionBytes = MiB

const read = async (...disks: Disk[]): Promise<Disk[]> =>
  (await withContents(new KernelFiles(), disks)).map((disk, index) => ({
    ...disk,
    serial: `LOOP-${index}`,
  }))

const contentsOf = (disk: Disk | undefined): DiskContents => {
  if (disk?.contents === undefined || 'unreadable' in disk.contents) throw new Error('unread')
  return disk.contents
}

const choose = (disks: Disk[], serial = 'LOOP-0') => {
  const rest = { dataDisks: [], overwrite: [], protectedDisks: [], minimumBytes: MiB }
  return selectDisk(disks, { rule: { serial }, ...rest })
}

/** A loop device that holds the signature at `offset`. */
const attachSigned = (signature: SignatureWriter, offset: number) => {
  const directory = mkdtempSync(join(tmpdir(), 'signed-'))
  const loop = attachLoopDevice(signedFileBytes + 2 * offset)
  const file = join(directory, 'signed')
  makeSignedFile(file, signature)
  const place = [
    `of=${loop.disk.path}`,
    'bs=1M',
    `seek=${offset / MiB}`,
    'conv=sparse,notrunc,fsync',
  ]
  execFileSync('dd', [`if=${file}`, ...place], { stdio: 'pipe' })
  return {
    ...loop,
    [Symbol.dispose]: () => {
      loop[Symbol.dispose]()
      rmSync(directory, { recursive: true })
    },
  }
}

const blkidType = (path: string, offset: number) =>
  execFileSync(
    'blkid',
    ['-p', '-o', 'value', '-s', 'TYPE', '-O', String(offset), '-S', String(signedFileBytes), path],
    { encoding: 'utf8' },
  ).trim()

const partitioners = {
  gpt: (path: string) => {
    const end = firstPartitionBytes + signedFileBytes
    const entry = `1:${firstPartitionBytes / 512}:${end / 512 - 1}`
    execFileSync('sgdisk', [`--new=${entry}`, '--typecode=1:8300', path], { stdio: 'pipe' })
  },
  'mbr, logical': (path: string) => {
    const start = firstPartitionBytes / 512
    // The record of the logical partition lies in the sectors before it.
    const script = `label: dos\n2 : start=${start - 1024}, type=5\n5 : start=${start}, size=${signedFileBytes / 512}, type=83\n`
    execFileSync('sfdisk', ['--quiet', path], { input: script, stdio: ['pipe', 'pipe', 'pipe'] })
  },
}

describe('withContents', () => {
  test.each([...sharedSignatures, ...partialSets])(
    'sees $kind on a disk, as blkid does, and the disk is refused (X05, B16)',
    async (signature) => {
      using loop = attachSigned(signature, 0)
      expect(blkidType(loop.disk.path, 0)).toBe(signature.kind)
      const disks = await read(loop.disk)
      const found = contentsOf(disks[0]).signatures.find(({ kind }) => kind === signature.kind)
      expect(found).toMatchObject(signature.label === undefined ? {} : { label: signature.label })
      expect(() => choose(disks)).toThrow(`holds ${signature.kind}`)
    },
  )

  const onPartitions = Object.entries(partitioners).flatMap(([table, partition]) =>
    [...sharedSignatures, ...partialSets.slice(0, 1)].map((signature) => ({
      ...{ table, partition, signature, kind: signature.kind },
    })),
  )
  test.each(onPartitions)(
    'sees $kind on a partition ($table), and the disk is refused (X05, B16)',
    async ({ partition, signature, table }) => {
      using loop = attachSigned(signature, firstPartitionBytes)
      partition(loop.disk.path)
      const disks = await read(loop.disk)
      const { partitions, partitionTable } = contentsOf(disks[0])
      expect(partitionTable).toBe(table.slice(0, 3))
      expect(partitions.flatMap(({ signatures }) => signatures.map(({ kind }) => kind))).toContain(
        signature.kind,
      )
      expect(() => choose(disks)).toThrow(`holds ${signature.kind}`)
    },
  )

  test('refuses a disk of a volume group whose other disk is away, and takes it when both are here (X05)', async () => {
    using first = attachLoopDevice(64 * MiB)
    using second = attachLoopDevice(64 * MiB)
    writeVolumeGroup('rackdata', [first.disk.path, second.disk.path])
    const alone = await read(first.disk)
    expect(contentsOf(alone[0]).signatures).toEqual([
      expect.objectContaining({ kind: 'LVM2_member', label: 'rackdata' }),
    ])
    expect(() => choose(alone)).toThrow('"rackdata", of whose 2 members only 1 are in this machine')
    expect(choose(await read(first.disk, second.disk)).path).toBe(first.disk.path)
  })

  test('refuses a Ceph OSD behind a volume group of its own (X05)', async () => {
    using loop = attachLoopDevice(64 * MiB)
    writeVolumeGroup('ceph-0a1b2c', [loop.disk.path])
    const disks = await read(loop.disk)
    expect(() => choose(disks)).toThrow('may be in use by a Ceph cluster')
  })

  test('refuses one of two btrfs devices (X05)', async () => {
    using first = attachLoopDevice(128 * MiB)
    using second = attachLoopDevice(128 * MiB)
    const paths = [first.disk.path, second.disk.path]
    execFileSync('mkfs.btrfs', ['--quiet', '--label', 'pair', ...paths], { stdio: 'pipe' })
    const alone = await read(second.disk)
    expect(() => choose(alone)).toThrow('of whose 2 members only 1')
    expect(choose(await read(first.disk, second.disk)).path).toBe(first.disk.path)
  })

  test.each([
    ['4fbd7e29-9d25-41b8-afd0-062c0ceff05d', 'ceph_osd'],
    ['37affc90-ef7d-4e96-91c3-2d7ae055b174', 'gpfs'],
    ['aa31e02a-400f-11db-9590-000c2911d1b8', 'VMFS'],
    ['6a898cc3-1dd2-11b2-99a6-080020736631', 'zfs_member'],
  ])('refuses a disk with a partition of type %s, empty or not (X05)', async (type, kind) => {
    using loop = attachLoopDevice(64 * MiB)
    execFileSync('sgdisk', ['--new=1:0:0', `--typecode=1:${type}`, loop.disk.path])
    const disks = await read(loop.disk)
    expect(() => choose(disks)).toThrow(`holds ${kind}`)
  })

  test.each([
    ['ext4', ['mke2fs', '-q', '-t', 'ext4', '-L', 'root']],
    ['ext2', ['mke2fs', '-q', '-t', 'ext2', '-L', 'root']],
    ['xfs', ['mkfs.xfs', '-q', '-f', '-L', 'root']],
    ['vfat', ['mkfs.vfat', '-F', '32', '-n', 'root']],
    ['btrfs', ['mkfs.btrfs', '-q', '-L', 'root']],
    ['swap', ['mkswap', '-L', 'root']],
    ['f2fs', ['mkfs.f2fs', '-q']],
    ['ntfs', ['mkfs.ntfs', '-Q', '-F', '-L', 'root']],
  ])(
    'tells %s with its label, and the disk may be written',
    async (kind, [program = '', ...args]) => {
      using loop = attachLoopDevice(signedFileBytes)
      execFileSync(program, [...args, loop.disk.path], { stdio: 'pipe' })
      expect(blkidType(loop.disk.path, 0)).toBe(kind)
      const disks = await read(loop.disk)
      const [found, ...others] = contentsOf(disks[0]).signatures
      expect(others).toEqual([])
      expect(found?.kind).toBe(kind)
      if (!['f2fs', 'ntfs'].includes(kind)) expect(found?.label?.toLowerCase()).toBe('root')
      expect(choose(disks).path).toBe(loop.disk.path)
    },
  )

  test('keeps a disk with a partition called repave-keep, whatever the rule says (X06)', async () => {
    using loop = attachLoopDevice(64 * MiB)
    const name = '--change-name=1:repave-keep'
    execFileSync('sgdisk', ['--new=1:0:0', name, loop.disk.path], { stdio: 'pipe' })
    const disks = await read(loop.disk)
    expect(() => choose(disks)).toThrow('labelled repave-keep: to be kept')
  })

  test('keeps a disk whose FAT is labelled REPAVE-KEEP, and one whose first table is damaged (X06)', async () => {
    using fat = attachLoopDevice(64 * MiB)
    execFileSync('mkfs.vfat', ['-n', 'REPAVE-KEEP', fat.disk.path], { stdio: 'pipe' })
    const labelled = await read(fat.disk)
    expect(() => choose(labelled)).toThrow('labelled REPAVE-KEEP')
    using loop = attachLoopDevice(64 * MiB)
    execFileSync('sgdisk', ['--new=1:0:0', '--change-name=1:repave-keep', loop.disk.path])
    execFileSync('dd', ['if=/dev/zero', `of=${loop.disk.path}`, 'bs=1M', 'count=1', 'conv=fsync'], {
      stdio: 'pipe',
    })
    const damaged = await read(loop.disk)
    expect(contentsOf(damaged[0]).partitionTable).toBe('gpt')
    expect(() => choose(damaged)).toThrow('labelled repave-keep')
  })

  test('says of a disk that is gone that it cannot be read (X11)', async () => {
    using loop = attachLoopDevice(4 * MiB)
    const [gone] = await read({ ...loop.disk, path: '/dev/repave-no-such-disk' })
    expect(gone?.contents).toEqual({ unreadable: expect.stringContaining('ENOENT') })
    const [shorter] = await read({ ...loop.disk, sizeBytes: 8 * MiB })
    expect(shorter?.contents).toEqual({ unreadable: expect.stringContaining('only') })
  })
})
