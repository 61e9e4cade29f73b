import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { burnInDisk } from '../../../../src/agent/burn-in/disk-read.ts'
import { burnInMemory } from '../../../../src/agent/burn-in/memory.ts'
import { burnInProcessors } from '../../../../src/agent/burn-in/cpu.ts'
import { runVerifyImage } from '../../../../src/agent/tasks/verify-image.ts'
import { runWipeDisk } from '../../../../src/agent/tasks/wipe-disk.ts'
import type { WipeReport } from '../../../../src/contract/run.ts'
import { encodeGpt } from '../../../../src/protocol/gpt/encode-gpt.ts'
import { createGptTable, gptPartitionTypes } from '../../../../src/protocol/gpt/gpt-table.ts'
import { createAgentWorld, createTaskContext } from '../../../fakes/agent-world.ts'
import { startImageServer } from '../../../fakes/image-server.ts'
import { attachLoopDevice, type LoopDevice } from '../../../fakes/loop-device.ts'
import { createSignedImage, patternBytes } from '../../../fakes/signed-image.ts'

const MiB = 1024 * 1024
const isZero = (bytes: Buffer) => bytes.every((byte) => byte === 0)

const put = (loop: LoopDevice, bytes: Uint8Array, offset: number) => {
  const file = openSync(loop.backingPath, 'r+')
  writeSync(file, bytes, 0, bytes.length, offset)
  closeSync(file)
  execFileSync('blockdev', ['--flushbufs', loop.disk.path])
}

describe('runWipeDisk', () => {
  const wipe = async (loop: LoopDevice, method: WipeReport['method']) => {
    using world = createAgentWorld('http://127.0.0.1:1', [])
    const context = createTaskContext()
    const order = { action: 'wipe-disk' as const, disks: [loop.disk], method }
    return { outcome: await runWipeDisk(world, order, context), context }
  }

  it('refuses a disk that is not the one that was chosen, and leaves it as it is', async () => {
    using loop = attachLoopDevice(8 * MiB, { fill: 0xaa })
    using world = createAgentWorld('http://127.0.0.1:1', [])
    const disk = { ...loop.disk, sizeBytes: loop.disk.sizeBytes + 512 }
    const order = { action: 'wipe-disk' as const, disks: [disk], method: 'zero' as const }
    await expect(runWipeDisk(world, order, createTaskContext())).rejects.toMatchObject({
      code: 'ERR_DISK_CHANGED',
    })
    expect(readFileSync(loop.backingPath).every((byte) => byte === 0xaa)).toBe(true)
  })

  it('E06: leaves not one byte, proves it, and does the same when it is done again', async () => {
    using loop = attachLoopDevice(9 * MiB + 512, { fill: 0xaa })
    for (const _round of [1, 2]) {
      const { outcome } = await wipe(loop, 'zero')
      expect(outcome.facts.wipe).toMatchObject({
        method: 'zero',
        bytesWritten: loop.disk.sizeBytes,
        bytesReadBack: loop.disk.sizeBytes,
      })
      expect(isZero(readFileSync(loop.backingPath))).toBe(true)
    }
  })

  it('lets the drive discard, and overwrites what does not read as zero then', async () => {
    using loop = attachLoopDevice(9 * MiB, { fill: 0xaa })
    const { outcome } = await wipe(loop, 'discard')
    const [disk] = outcome.facts.wipe?.disks ?? []
    expect(disk).toMatchObject({ way: 'discard', bytesWritten: 0, bytesReadBack: 9 * MiB })
    expect(isZero(readFileSync(loop.backingPath))).toBe(true)
  })

  it('overwrites a disk that has no command to erase itself, and fails where only that was wanted', async () => {
    using loop = attachLoopDevice(9 * MiB, { fill: 0xaa })
    await expect(wipe(loop, 'secure-erase')).rejects.toMatchObject({ code: 'ERR_DRIVE_ERASE' })
    expect(readFileSync(loop.backingPath).every((byte) => byte === 0xaa)).toBe(true)
    const { outcome, context } = await wipe(loop, 'best')
    expect(outcome.facts.wipe?.disks).toMatchObject([{ way: 'zero', bytesReadBack: 9 * MiB }])
    expect(context.lines.join('\n')).toContain('there is no command for it')
    expect(isZero(readFileSync(loop.backingPath))).toBe(true)
  })

  it('wipes every disk, by its serial number, and says which one it could not', async () => {
    using first = attachLoopDevice(8 * MiB, { fill: 0xaa })
    using second = attachLoopDevice(5 * MiB, { fill: 0xbb })
    using world = createAgentWorld('http://127.0.0.1:1', [])
    const order = { action: 'wipe-disk' as const, method: 'zero' as const }
    const gone = { ...second.disk, serial: 'OTHER' }
    const partly = runWipeDisk(world, { ...order, disks: [first.disk, gone] }, createTaskContext())
    await expect(partly).rejects.toThrow(/1 of 2 disks are not wiped: .*OTHER.*serial was OTHER/)
    expect(isZero(readFileSync(first.backingPath))).toBe(true)
    expect(readFileSync(second.backingPath).every((byte) => byte === 0xbb)).toBe(true)
    const context = createTaskContext()
    const { facts } = await runWipeDisk(
      world,
      { ...order, disks: [first.disk, second.disk] },
      context,
    )
    expect(facts.wipe).toMatchObject({ bytesWritten: 13 * MiB, bytesReadBack: 13 * MiB })
    expect(facts.wipe?.disks.map(({ path }) => path)).toEqual([first.disk.path, second.disk.path])
    expect(isZero(readFileSync(second.backingPath))).toBe(true)
    expect(context.progress.at(-1)).toMatchObject({ phase: 'verify', doneBytes: 13 * MiB })
  })

  it('of signatures only the ends of the disk and of its partitions go', async () => {
    using loop = attachLoopDevice(32 * MiB, { fill: 0xaa })
    const table = createGptTable({
      sectorBytes: 512,
      sectorCount: (32 * MiB) / 512,
      diskGuid: '01234567-89ab-4def-8123-456789abcdef',
      partitions: [
        {
          number: 1,
          typeGuid: gptPartitionTypes.linuxFilesystem,
          partitionGuid: '11111111-2222-4333-8444-555555555555',
          firstLba: (8 * MiB) / 512,
          lastLba: (16 * MiB) / 512 - 1,
          attributes: 0n,
          name: 'root',
        },
      ],
    })
    const { primary, backup, backupOffsetBytes } = encodeGpt(table)
    put(loop, primary, 0)
    put(loop, backup, backupOffsetBytes)
    const { outcome } = await wipe(loop, 'signatures')
    expect(outcome.facts.wipe).toMatchObject({ bytesWritten: 4 * MiB, bytesReadBack: 4 * MiB })
    const disk = readFileSync(loop.backingPath)
    for (const start of [0, 8, 15, 31]) {
      expect(isZero(disk.subarray(start * MiB, (start + 1) * MiB))).toBe(true)
    }
    for (const kept of [2, 10, 20]) expect(disk[kept * MiB]).toBe(0xaa)
  })
})

describe('runVerifyImage', () => {
  const raw = Buffer.alloc(6 * MiB + 512)
  patternBytes(3 * MiB, 7).copy(raw)
  const image = createSignedImage(raw)

  const verify = async (loop: LoopDevice, onDifference: 'fail' | 'report') => {
    await using server = await startImageServer(image)
    using world = createAgentWorld(server.url, [image.trustedKey])
    const order = {
      ...{ action: 'verify-image' as const, imageDigest: image.imageDigest, disk: loop.disk },
      ...{ manifestPath: server.manifestPath, onDifference },
    }
    return await runVerifyImage(world, order, createTaskContext())
  }

  it('finds a single byte, and counts the chunk that it lies in', async () => {
    using loop = attachLoopDevice(16 * MiB)
    put(loop, raw, 0)
    put(loop, Uint8Array.of(1), 5 * MiB + 17)
    await expect(verify(loop, 'fail')).rejects.toMatchObject({
      code: 'ERR_IMAGE_DIFFERS',
      bytesDifferent: MiB,
    })
    expect((await verify(loop, 'report')).facts.comparison).toEqual({
      bytesCompared: raw.length,
      bytesDifferent: MiB,
      chunksDifferent: 1,
    })
  })

  it('is content with the image, and writes nothing', async () => {
    using loop = attachLoopDevice(16 * MiB, { fill: 0xaa })
    put(loop, raw, 0)
    const before = readFileSync(loop.backingPath)
    const { facts } = await verify(loop, 'fail')
    expect(facts.comparison).toMatchObject({ bytesDifferent: 0, chunksDifferent: 0 })
    expect(readFileSync(loop.backingPath).equals(before)).toBe(true)
  })
})

describe('burn-in', () => {
  const signal = new AbortController().signal

  it('ends as soon as it is told to', async () => {
    const stop = AbortSignal.timeout(50)
    await expect(burnInProcessors(2, 60_000, stop)).rejects.toThrow()
    await expect(burnInMemory(32 * MiB, 60_000, AbortSignal.timeout(50))).rejects.toThrow()
  })

  it('keeps every core and some memory busy, and they compute and keep what is right', async () => {
    expect(await burnInProcessors(2, 200, signal)).toBeGreaterThan(0)
    const { testedBytes, passes } = await burnInMemory(40 * MiB, 100, signal)
    expect(testedBytes).toBe(32 * MiB)
    expect(passes).toBeGreaterThan(0)
  })

  it('reads a disk to its last byte', async () => {
    using loop = attachLoopDevice(9 * MiB + 512)
    expect(await burnInDisk(loop.disk, 60_000, signal)).toBe(9 * MiB + 512)
  })
})
