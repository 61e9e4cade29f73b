import { execFileSync } from 'node:child_process'
import { open } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { describe, expect, test } from 'vitest'

import { readDisk } from '../../../../src/agent/linux/block-devices.ts'
import { KernelFiles } from '../../../../src/agent/linux/kernel-files.ts'
import { runWriteImage } from '../../../../src/agent/tasks/write-image.ts'
import type { Disk } from '../../../../src/contract/machine.ts'
import { createAgentWorld, createTaskContext } from '../../../fakes/agent-world.ts'
import { attachNbdDisk } from '../../../fakes/attach-nbd-disk.ts'
import { startImageServer } from '../../../fakes/image-server.ts'
import { attachLoopDevice } from '../../../fakes/loop-device.ts'
import { VolatileDisk } from '../../../fakes/volatile-disk.ts'
import { bootableImages, diskWith } from '../../../torture/writer/bootable-image.ts'

const { next: image } = bootableImages(512)

const write = async (disk: Disk, context = createTaskContext()) => {
  await using server = await startImageServer(image)
  using world = createAgentWorld(server.url, [image.trustedKey])
  await runWriteImage(
    world,
    {
      action: 'write-image',
      imageName: 'test-image',
      imageDigest: image.imageDigest,
      manifestPath: server.manifestPath,
      packPath: server.packPath,
      disk,
    },
    context,
  )
  return context
}

const diskAt = (path: string) => readDisk(new KernelFiles(), path.replace('/dev/', ''))

describe('runWriteImage on disks that are odd', () => {
  test('waits for a disk that stands still, and tells so meanwhile (B14)', async () => {
    const disk = new VolatileDisk(diskWith(Buffer.alloc(0)), 512)
    await using attached = await attachNbdDisk(disk, 512)
    disk.powerUp()
    let isStalled = false
    let reportsBefore = 0
    let reportsAfter = 0
    const context = createTaskContext()
    disk.onRequest = ({ operation, changeNumber }) => {
      if (isStalled || operation !== 'write' || changeNumber < 12) return undefined
      isStalled = true
      reportsBefore = context.progress.length
      const standStill = async () => {
        await sleep(2_000)
        reportsAfter = context.progress.length
      }
      return { kind: 'wait', until: standStill() }
    }
    await write(diskAt(attached.path), context)
    expect(isStalled).toBe(true)
    expect(reportsAfter - reportsBefore).toBeGreaterThanOrEqual(4)
    expect(context.progress[reportsAfter - 1]?.bottleneck).toBe('disk')
    disk.powerUp()
    await disk.flush()
    expect(disk.medium.subarray(0, image.raw.length).equals(image.raw)).toBe(true)
  })

  test('refuses a disk whose write protection was switched on since it was chosen (B19)', async () => {
    using loop = attachLoopDevice(32 * 1024 * 1024, { fill: 0xaa })
    execFileSync('blockdev', ['--setro', loop.disk.path])
    await expect(write(loop.disk)).rejects.toMatchObject({ code: 'ERR_DISK_CHANGED' })
    execFileSync('blockdev', ['--setrw', loop.disk.path])
    expect(readFileSync(loop.backingPath).every((byte) => byte === 0xaa)).toBe(true)
  })

  test('needs no partition table read again: one who has a partition open is not in its way (B20)', async () => {
    using loop = attachLoopDevice(32 * 1024 * 1024)
    await write(loop.disk)
    execFileSync('partx', ['--add', loop.disk.path])
    const partition = `${loop.disk.path}p1`
    try {
      expect(existsSync(partition)).toBe(true)
      await using _held = await open(partition)
      const context = await write({ ...loop.disk })
      expect(context.lines.join('\n')).toContain('was right already')
      expect(readFileSync(loop.backingPath).subarray(0, image.raw.length).equals(image.raw)).toBe(
        true,
      )
    } finally {
      execFileSync('partx', ['--delete', loop.disk.path])
    }
  })
})
