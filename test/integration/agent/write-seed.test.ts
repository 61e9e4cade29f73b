import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { type ProvenWrite, signReceipt } from '../../../src/agent/block-writer/sign-receipt.ts'
import { runWriteSeed } from '../../../src/agent/tasks/write-seed.ts'
import { type Digest, digestFromBytes } from '../../../src/base/digest.ts'
import { openReceipt } from '../../../src/cli/receipt.ts'
import type { Disk } from '../../../src/contract/machine.ts'
import { smallestSeededDisk } from '../../../src/contract/seed.ts'
import { signedReceiptSchema } from '../../../src/contract/receipt.ts'
import { encodeGpt } from '../../../src/protocol/gpt/encode-gpt.ts'
import { createGptTable, gptPartitionTypes } from '../../../src/protocol/gpt/gpt-table.ts'
import { createAgentWorld, createTaskContext } from '../../fakes/agent-world.ts'
import { attachLoopDevice, type LoopDevice } from '../../fakes/loop-device.ts'

const MiB = 1024 * 1024
const imageBytes = 16 * MiB

/** What write-image leaves behind: a 16 MiB image with its own table at the start of a larger disk. */
const putImage = (loop: LoopDevice, rawBytes = imageBytes, rootEnd = 15 * MiB) => {
  const sectorBytes = loop.disk.logicalSectorBytes
  const { primary, backup, backupOffsetBytes } = encodeGpt(
    createGptTable({
      sectorBytes,
      sectorCount: rawBytes / sectorBytes,
      diskGuid: '01234567-89ab-4def-8123-456789abcdef',
      masterBootRecord: readFileSync(loop.backingPath).subarray(0, 512).fill(0x90, 0, 440),
      partitions: [
        {
          number: 1,
          typeGuid: gptPartitionTypes.linuxFilesystem,
          partitionGuid: '11111111-2222-4333-8444-555555555555',
          firstLba: MiB / sectorBytes,
          lastLba: rootEnd / sectorBytes - 1,
          attributes: 0n,
          name: 'root',
        },
      ],
    }),
  )
  const file = openSync(loop.backingPath, 'r+')
  writeSync(file, primary, 0, primary.length, 0)
  writeSync(file, backup, 0, backup.length, backupOffsetBytes)
  closeSync(file)
  execFileSync('blockdev', ['--flushbufs', loop.disk.path])
}

const files = {
  'meta-data': '{"instance-id":"one"}\n',
  'user-data': '#cloud-config\n{}\n',
  'network-config': 'version: 2\n',
  'vendor-data': '',
}

const order = (disk: Disk, change: Partial<Record<keyof typeof files, string>> = {}) => ({
  ...{ action: 'write-seed' as const, disk, imageBytes, label: 'CIDATA' as const },
  files: { ...files, ...change },
})

const seed = async (disk: Disk, change: Partial<Record<keyof typeof files, string>> = {}) => {
  using world = createAgentWorld('http://127.0.0.1:9', [])
  return await runWriteSeed(world, order(disk, change), createTaskContext())
}

/** A write that another boot of the machine has proven. */
const provenWrite = (disk: Disk): ProvenWrite => ({
  order: { imageName: 'debian-12', imageDigest: `sha256:${'1'.repeat(64)}` as Digest },
  manifest: { rawDigest: `sha256:${'2'.repeat(64)}` as Digest, rawBytes: imageBytes },
  totals: {
    ...{ mode: 'full', readBack: 'complete', bytesWritten: imageBytes, bytesEqual: 0 },
    ...{ bytesReadBack: imageBytes, scanMs: 0, writeMs: 1, readBackMs: 1 },
  },
  transfer: { bytesFetched: 1, chunksRefetched: 0, reconnects: 0 },
  ...{ disk, startedAtMs: 1 },
})

const sgdisk = (loop: LoopDevice, ...commands: string[]) =>
  execFileSync('sgdisk', [...commands, loop.backingPath], { encoding: 'utf8' })

describe('runWriteSeed', () => {
  test('refuses a disk without a partition table, and writes nothing', async () => {
    using loop = attachLoopDevice(64 * MiB, { fill: 0xaa })
    await expect(seed(loop.disk)).rejects.toMatchObject({ code: 'ERR_SEED_REFUSED' })
    expect(readFileSync(loop.backingPath).every((byte) => byte === 0xaa)).toBe(true)
  })

  test('refuses when there is no room behind the image, and writes nothing', async () => {
    using loop = attachLoopDevice(18 * MiB)
    putImage(loop)
    const before = readFileSync(loop.backingPath)
    await expect(seed(loop.disk)).rejects.toMatchObject({ code: 'ERR_SEED_REFUSED' })
    expect(readFileSync(loop.backingPath).equals(before)).toBe(true)
  })

  test('refuses files that do not fit the volume', async () => {
    using loop = attachLoopDevice(64 * MiB)
    putImage(loop)
    const large = { 'user-data': 'x'.repeat(5 * MiB) }
    await expect(seed(loop.disk, large)).rejects.toThrow('no room for user-data')
  })

  test('refuses a disk that is not the chosen one (X07)', async () => {
    using loop = attachLoopDevice(64 * MiB)
    putImage(loop)
    const changed = { ...loop.disk, serial: 'another' }
    await expect(seed(changed)).rejects.toMatchObject({ code: 'ERR_DISK_CHANGED' })
  })

  test.each([512, 4096] as const)(
    'adds a CIDATA volume at the end of the disk and moves the backup table, %i-byte sectors (B09, C-N01)',
    async (sectorBytes) => {
      using loop = attachLoopDevice(64 * MiB, { sectorBytes })
      putImage(loop)
      const bootCode = readFileSync(loop.backingPath).subarray(0, 440)
      await seed(loop.disk)
      const disk = readFileSync(loop.backingPath)
      expect(disk.subarray(0, 440).equals(bootCode)).toBe(true)
      const directory = mkdtempSync(join(tmpdir(), 'seed-'))
      try {
        const volume = join(directory, 'volume')
        writeFileSync(volume, disk.subarray(59 * MiB, 63 * MiB))
        expect(
          execFileSync('blkid', ['-p', '-o', 'export', volume], { encoding: 'utf8' }),
        ).toContain('LABEL=CIDATA')
        for (const [name, content] of Object.entries(files)) {
          const found = execFileSync('mtype', ['-i', volume, `::${name}`], { encoding: 'utf8' })
          expect(found).toBe(content)
        }
      } finally {
        rmSync(directory, { recursive: true })
      }
      if (sectorBytes === 512) expect(sgdisk(loop, '--verify')).toContain('No problems found')
    },
  )

  test('fits on the smallest disk behind an image whose last partition reaches up to it', async () => {
    const rawBytes = 16 * MiB + 33 * 512
    expect(smallestSeededDisk(rawBytes)).toBe(21 * MiB)
    using loop = attachLoopDevice(21 * MiB)
    putImage(loop, rawBytes, 16 * MiB)
    using world = createAgentWorld('http://127.0.0.1:9', [])
    const ordered = { ...order(loop.disk), imageBytes: rawBytes }
    await runWriteSeed(world, ordered, createTaskContext())
    expect(sgdisk(loop, '--verify', '--print')).toMatch(/No problems[^]*2\s+32768\s+40959\s/)
  })

  test('leaves the image partition room to grow up to the seed', async () => {
    using loop = attachLoopDevice(64 * MiB)
    putImage(loop)
    await seed(loop.disk)
    const grown = sgdisk(loop, '--delete=1', '--new=1:2048:0', '--print')
    expect(grown).toMatch(new RegExp(String.raw`1\s+2048\s+${(59 * MiB) / 512 - 1}\s`))
    expect(grown).toMatch(/2\s+120832\s+129023\s+4\.0 MiB\s+0700\s+repave-seed/)
  })

  test('done twice gives the same bytes as done once, and other files replace the volume', async () => {
    using loop = attachLoopDevice(64 * MiB)
    putImage(loop)
    await seed(loop.disk)
    const once = readFileSync(loop.backingPath)
    await seed(loop.disk)
    expect(readFileSync(loop.backingPath).equals(once)).toBe(true)
    await seed(loop.disk, { 'meta-data': '{"instance-id":"two"}\n' })
    const report = sgdisk(loop, '--verify', '--print')
    expect(report).toContain('No problems found')
    expect(report.match(/repave-seed/g)).toHaveLength(1)
    expect(readFileSync(loop.backingPath).includes('"two"')).toBe(true)
  })

  test('puts a configuration drive on the disk, with its folders', async () => {
    using loop = attachLoopDevice(64 * MiB)
    putImage(loop)
    using world = createAgentWorld('http://127.0.0.1:9', [])
    const drive = {
      'openstack/latest/meta_data.json': '{"uuid":"one"}\n',
      'unattend.xml': '<a/>\n',
    }
    const ordered = { ...order(loop.disk), label: 'CONFIG-2' as const, files: drive }
    await runWriteSeed(world, ordered, createTaskContext())
    const directory = mkdtempSync(join(tmpdir(), 'seed-'))
    try {
      const volume = join(directory, 'volume')
      writeFileSync(volume, readFileSync(loop.backingPath).subarray(59 * MiB, 63 * MiB))
      expect(execFileSync('blkid', ['-p', '-o', 'export', volume], { encoding: 'utf8' })).toContain(
        'LABEL=CONFIG-2',
      )
      for (const [name, content] of Object.entries(drive)) {
        expect(execFileSync('mtype', ['-i', volume, `::${name}`], { encoding: 'utf8' })).toBe(
          content,
        )
      }
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('the receipt of the image comes back with the seed in it, signed by this boot', async () => {
    using loop = attachLoopDevice(64 * MiB)
    putImage(loop)
    using world = createAgentWorld('http://127.0.0.1:9', [])
    using otherBoot = createAgentWorld('http://127.0.0.1:9', [])
    const written = signReceipt(otherBoot, provenWrite(loop.disk))
    const { facts } = await runWriteSeed(
      world,
      { ...order(loop.disk), receipt: written },
      createTaskContext(),
    )
    const signed = signedReceiptSchema.parse(facts.receipt)
    const volume = readFileSync(loop.backingPath).subarray(59 * MiB, 63 * MiB)
    expect(openReceipt(signed, world.key.publicKeyBase64)).toEqual({
      ...(JSON.parse(written.receipt) as object),
      seed: {
        label: 'CIDATA',
        offsetBytes: 59 * MiB,
        sizeBytes: 4 * MiB,
        digest: digestFromBytes(hash('sha256', volume, 'buffer')),
        files: Object.keys(files).sort(),
      },
    })
  })

  test('leaves no second table where the image ended', async () => {
    using loop = attachLoopDevice(64 * MiB)
    putImage(loop)
    await seed(loop.disk)
    const free = readFileSync(loop.backingPath).subarray(15 * MiB, 59 * MiB)
    expect(free.includes('EFI PART')).toBe(false)
  })
})
