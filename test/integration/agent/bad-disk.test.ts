import { describe, expect, test } from 'vitest'

import { ProgressMeter } from '../../../src/agent/block-writer/progress-meter.ts'
import { writeImage } from '../../../src/agent/block-writer/write-image.ts'
import { planWrite } from '../../../src/agent/block-writer/write-plan.ts'
import { startImageServer } from '../../fakes/image-server.ts'
import { type DiskFaults, ioError, MemoryDisk } from '../../fakes/memory-disk.ts'
import { createSignedImage, patternBytes } from '../../fakes/signed-image.ts'

const MiB = 1024 * 1024
const diskBytes = 8 * MiB
const image = createSignedImage(Buffer.concat([patternBytes(3 * MiB), Buffer.alloc(2 * MiB)]))
const clock = { nowMs: () => 0, monotonicMs: () => performance.now() }

const writeTo = async (faults: DiskFaults) => {
  await using server = await startImageServer(image)
  const target = new MemoryDisk(diskBytes, faults)
  const plan = planWrite(image.manifest, { sizeBytes: diskBytes, logicalSectorBytes: 512 })
  const written = writeImage({
    ...{ target, plan, clock },
    imageDigest: image.imageDigest,
    packUrl: new URL(server.url + server.packPath),
    laneCount: 2,
    meter: new ProgressMeter(clock, () => undefined),
    log: () => undefined,
    signal: new AbortController().signal,
  })
  return {
    target,
    failure: await written.then(
      () => undefined,
      (error: unknown) => error,
    ),
  }
}

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0)
const headIsZero = (disk: MemoryDisk) => isZero(disk.bytes.subarray(0, MiB))

describe('writeImage on a bad disk', () => {
  test.each([
    ['after the head', MiB],
    ['in the middle', 2 * MiB],
    ['in the last chunk', 4 * MiB],
  ])('fails on a write error %s (B04)', async (_place, offset) => {
    const { target, failure } = await writeTo({
      onWrite: (at) => {
        if (at === offset) throw ioError('write', at)
      },
    })
    expect(failure).toMatchObject({ code: 'ERR_DISK_IO', offset })
    expect(headIsZero(target)).toBe(true)
  })

  test.each([1, 2, 3])('fails on flush %i and never flushes again (B05)', async (failing) => {
    const { target, failure } = await writeTo({
      onFlush: (number) => {
        if (number === failing) throw ioError('flush')
      },
    })
    expect(failure).toMatchObject({ code: 'ERR_DISK_IO' })
    expect(target.flushes).toBe(failing)
    expect(isZero(target.bytes.subarray(0, 512))).toBe(true)
  })

  test.each([4, 5])('clears the head again when flush %i fails (B05)', async (failing) => {
    const { target, failure } = await writeTo({
      onFlush: (number) => {
        if (number === failing) throw ioError('flush')
      },
    })
    expect(failure).toMatchObject({ code: 'ERR_DISK_IO' })
    expect(headIsZero(target)).toBe(true)
  })

  test('fails on an error while reading back (B06)', async () => {
    const { target, failure } = await writeTo({
      onRead: (offset) => {
        if (offset === 2 * MiB) throw ioError('read', offset)
      },
    })
    expect(failure).toMatchObject({ code: 'ERR_DISK_IO', offset: 2 * MiB })
    expect(headIsZero(target)).toBe(true)
  })

  test.each([
    ['data', 2 * MiB],
    ['zeros', 3 * MiB],
  ])('fails when the disk drops a write of %s silently (B13)', async (_what, offset) => {
    const { target, failure } = await writeTo({
      onWrite: (at) => (at === offset ? 'drop' : undefined),
    })
    expect(failure).toMatchObject({ code: 'ERR_READ_BACK_MISMATCH', offset })
    expect(headIsZero(target)).toBe(true)
  })

  test('writes nothing but zeros where clearing did not take (B13)', async () => {
    const { target, failure } = await writeTo({
      onWrite: (at) => (at === 0 ? 'drop' : undefined),
    })
    expect(failure).toMatchObject({ code: 'ERR_DISK_IO', offset: 0 })
    expect(target.bytes.every((byte) => byte === 0 || byte === 0xaa)).toBe(true)
  })

  test('fails when the first sector itself does not stay, and clears all that boots (B13)', async () => {
    let firstSectorWrites = 0
    const { target, failure } = await writeTo({
      onWrite: (at) => (at === 0 && ++firstSectorWrites === 3 ? 'drop' : undefined),
    })
    expect(failure).toMatchObject({ code: 'ERR_DISK_IO', offset: 0 })
    expect(headIsZero(target)).toBe(true)
  })

  test('writes zeros as bytes, and trusts no other way to have them (B21)', async () => {
    const { target, failure } = await writeTo({})
    expect(failure).toBeUndefined()
    for (const offset of [3 * MiB, 4 * MiB]) {
      expect(target.writes.some((write) => write.offset === offset)).toBe(true)
      expect(isZero(target.bytes.subarray(offset, offset + MiB - 4096))).toBe(true)
    }
  })

  test('writes the first sector last and alone, when all the rest is flushed and proven', async () => {
    const { target, failure } = await writeTo({})
    expect(failure).toBeUndefined()
    expect(target.flushes).toBe(5)
    expect(target.writes.at(-1)).toEqual({ offset: 0, length: 512 })
    expect(target.bytes.subarray(0, image.raw.length).equals(image.raw)).toBe(true)
  })
})
