import { describe, expect, test } from 'vitest'

import { readDisk } from '../../../../src/agent/linux/block-devices.ts'
import { KernelFiles } from '../../../../src/agent/linux/kernel-files.ts'
import { runWriteImage } from '../../../../src/agent/tasks/write-image.ts'
import { type Receipt, receiptSchema } from '../../../../src/contract/receipt.ts'
import { createAgentWorld, createTaskContext } from '../../../fakes/agent-world.ts'
import { attachNbdDisk } from '../../../fakes/attach-nbd-disk.ts'
import { startImageServer } from '../../../fakes/image-server.ts'
import { createSignedImage, patternBytes } from '../../../fakes/signed-image.ts'
import { type DiskFault, VolatileDisk } from '../../../fakes/volatile-disk.ts'

const MiB = 1024 * 1024

/** 12 MiB of 1 MiB chunks; the fourth to the seventh and the tenth are zeros. */
const sampleRaw = () => {
  const raw = patternBytes(12 * MiB, 5)
  raw.fill(0, 3 * MiB, 7 * MiB)
  raw.fill(0, 9 * MiB, 10 * MiB)
  return raw
}

const image = createSignedImage(sampleRaw())
const holesBytes = 5 * MiB

/** Whether a request is one to make a hole of the image zero, by the disk or by being sent zeros. */
const isForHole = (offset: number) =>
  (offset >= 3 * MiB && offset < 7 * MiB) || (offset >= 9 * MiB && offset < 10 * MiB)

interface Trial {
  readonly canZero: boolean
  readonly readBack?: boolean
  /** What the disk does when it is to make a range zero: asked with the number of that request, from 1. */
  readonly fault?: (zeroing: number, offset: number) => DiskFault | undefined
}

/** Writes the image to a disk that holds something else. */
const writeTo = async ({ canZero, readBack = true, fault }: Trial) => {
  const disk = new VolatileDisk(Buffer.alloc(16 * MiB, 0xaa), 512, canZero)
  await using server = await startImageServer(image)
  using world = createAgentWorld(server.url, [image.trustedKey])
  await using attached = await attachNbdDisk(disk, 512)
  disk.powerUp()
  let zeroings = 0
  disk.onRequest = ({ operation, offset }) => {
    const isZeroing = operation === 'write' && isForHole(offset) && disk.zeroedBytes > 0
    return isZeroing ? fault?.(++zeroings, offset) : undefined
  }
  const order = {
    ...{ action: 'write-image' as const, imageName: 'test-image', imageDigest: image.imageDigest },
    ...{ manifestPath: server.manifestPath, packPath: server.packPath, readBack },
    disk: readDisk(new KernelFiles(), attached.path.replace('/dev/', '')),
  }
  const end = async (): Promise<{ receipt?: Receipt; code?: unknown }> => {
    try {
      const { facts } = await runWriteImage(world, order, createTaskContext())
      return { receipt: receiptSchema.parse(JSON.parse(facts.receipt?.receipt ?? '')) }
    } catch (error) {
      return { code: (error as { code?: unknown }).code }
    }
  }
  return { disk, ...(await end()) }
}

const holdsImage = ({ medium }: VolatileDisk) =>
  medium.subarray(0, image.raw.length).equals(image.raw)

describe('writeImage with a disk that makes ranges zero by itself', () => {
  test('a disk that fails at it has failed (B04)', async () => {
    const { disk, code } = await writeTo({ canZero: true, fault: () => ({ kind: 'error' }) })
    expect(code).toBe('ERR_DISK_IO')
    expect(disk.medium.subarray(0, MiB).every((byte) => byte === 0)).toBe(true)
  })

  test.each([true, false])(
    'a disk that says so and keeps what it had is sent the zeros (B21, read back: %s)',
    async (readBack) => {
      const fault = (zeroing: number): DiskFault | undefined =>
        zeroing <= 2 ? { kind: 'drop' } : undefined
      const { disk, receipt } = await writeTo({ canZero: true, readBack, fault })
      expect(disk.zeroedBytes).toBe(holesBytes)
      expect(receipt).toMatchObject({ bytesWritten: image.raw.length })
      expect(holdsImage(disk)).toBe(true)
    },
  )

  test('a disk that forgets one range of several is not believed either (B21)', async () => {
    const fault = (zeroing: number): DiskFault | undefined =>
      zeroing === 2 ? { kind: 'drop' } : undefined
    const { disk, receipt } = await writeTo({ canZero: true, fault })
    expect(receipt).toMatchObject({ readBack: 'complete', bytesReadBack: image.raw.length })
    expect(holdsImage(disk)).toBe(true)
  })

  test.each([true, false])('is sent none of the zeros (read back: %s)', async (readBack) => {
    const sent: number[] = []
    const { disk, receipt } = await writeTo({
      ...{ canZero: true, readBack },
      fault: (_zeroing, offset) => void sent.push(offset),
    })
    expect(sent).toEqual([3 * MiB, 9 * MiB])
    expect(disk.zeroedBytes).toBe(holesBytes)
    expect(receipt).toMatchObject({
      ...{ bytesWritten: image.raw.length, bytesReadBack: readBack ? image.raw.length : 0 },
    })
    expect(holdsImage(disk)).toBe(true)
  })

  test('one that cannot is sent all of them', async () => {
    const { disk } = await writeTo({ canZero: false })
    expect(disk.zeroedBytes).toBe(0)
    expect(holdsImage(disk)).toBe(true)
  })
})
