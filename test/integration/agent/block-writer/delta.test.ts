import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'

import { describe, expect, test } from 'vitest'

import { runWriteImage } from '../../../../src/agent/tasks/write-image.ts'
import type { Disk } from '../../../../src/contract/machine.ts'
import { type Receipt, receiptSchema } from '../../../../src/contract/receipt.ts'
import { createAgentWorld, createTaskContext } from '../../../fakes/agent-world.ts'
import { type ImageServer, startImageServer } from '../../../fakes/image-server.ts'
import { attachLoopDevice } from '../../../fakes/loop-device.ts'
import { createSignedImage, patternBytes, type SignedImage } from '../../../fakes/signed-image.ts'

const MiB = 1024 * 1024

/** 12 MiB of 1 MiB chunks; the sixth and seventh are zeros. */
const sampleRaw = () => {
  const raw = patternBytes(12 * MiB, 5)
  raw.fill(0, 5 * MiB, 7 * MiB)
  return raw
}

const image = createSignedImage(sampleRaw())

interface WriteChange {
  readonly of?: SignedImage
  readonly mode?: 'delta' | 'full'
  readonly readBack?: boolean
  readonly signal?: AbortSignal
}

const write = async (server: ImageServer, disk: Disk, change: WriteChange = {}) => {
  const { of = image, signal, ...options } = change
  using world = createAgentWorld(server.url, [of.trustedKey])
  const context = createTaskContext(signal)
  const order = {
    ...{ action: 'write-image' as const, imageName: 'test-image', imageDigest: of.imageDigest },
    ...{ manifestPath: server.manifestPath, packPath: server.packPath, disk },
  }
  const outcome = await runWriteImage(world, { ...order, ...options }, context)
  const receipt: Receipt = receiptSchema.parse(JSON.parse(outcome.facts.receipt?.receipt ?? ''))
  return { receipt, context }
}

const storedBytesOf = (of: SignedImage, ...indices: number[]) =>
  indices.reduce((sum, index) => {
    const chunk = of.manifest.chunks[index]
    return sum + (chunk === undefined || chunk.kind === 'zero' ? 0 : chunk.storedBytes)
  }, 0)

const spoil = async (path: string, ...offsets: number[]) => {
  await using device = await open(path, 'r+')
  for (const offset of offsets) await device.write(Buffer.alloc(512, 0x5a), 0, 512, offset)
  await device.sync()
}

const holds = (path: string, raw: Buffer) => readFileSync(path).subarray(0, raw.length).equals(raw)

describe('writeImage on a disk that holds the image, or a part of it', () => {
  test('writes nothing and fetches nothing when all of it is right', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(32 * MiB, { fill: 0xaa })
    await write(server, loop.disk)
    const requests = server.rangeRequests.length
    const { receipt, context } = await write(server, loop.disk)
    expect(server.rangeRequests).toHaveLength(requests)
    expect(receipt).toMatchObject({
      ...{ mode: 'delta', readBack: 'complete', bytesWritten: 0, bytesFetched: 0 },
      ...{ bytesEqual: image.raw.length, bytesReadBack: image.raw.length },
    })
    expect(context.progress.map(({ phase }) => phase)).not.toContain('write')
    expect(holds(loop.backingPath, image.raw)).toBe(true)
  })

  test('clears what lies behind the image although all of the image is right (B09)', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(32 * MiB, { fill: 0xaa })
    await write(server, loop.disk)
    await spoil(loop.disk.path, 32 * MiB - 512)
    const { receipt } = await write(server, loop.disk)
    expect(receipt).toMatchObject({ bytesWritten: 0, bytesFetched: 0 })
    const disk = readFileSync(loop.backingPath)
    expect(disk.subarray(31 * MiB).every((byte) => byte === 0)).toBe(true)
    expect(disk.subarray(0, image.raw.length).equals(image.raw)).toBe(true)
  })

  test('fetches and writes only the chunks that differ, zeros among them', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(32 * MiB, { fill: 0xaa })
    await write(server, loop.disk)
    await spoil(loop.disk.path, 3 * MiB + 4096, 6 * MiB, 9 * MiB)
    const { receipt } = await write(server, loop.disk)
    expect(receipt).toMatchObject({
      ...{ mode: 'delta', bytesWritten: 3 * MiB, bytesEqual: 9 * MiB },
      ...{ bytesFetched: storedBytesOf(image, 3, 9), bytesReadBack: image.raw.length },
    })
    expect(holds(loop.backingPath, image.raw)).toBe(true)
  })

  test('goes from one version to the next, and back, by the difference', async () => {
    const changed = sampleRaw()
    patternBytes(MiB, 99).copy(changed, 4 * MiB)
    const next = createSignedImage(changed)
    await using server = await startImageServer(image)
    await using nextServer = await startImageServer(next)
    using loop = attachLoopDevice(32 * MiB, { fill: 0xaa })
    await write(server, loop.disk)
    const { receipt } = await write(nextServer, loop.disk, { of: next })
    expect(receipt.bytesFetched).toBe(storedBytesOf(next, 4))
    expect(holds(loop.backingPath, next.raw)).toBe(true)
    const back = await write(server, loop.disk)
    expect(back.receipt.bytesFetched).toBe(storedBytesOf(image, 4))
    expect(holds(loop.backingPath, image.raw)).toBe(true)
  })

  test('writes everything where that is ordered, and where nothing of it is there', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(32 * MiB, { fill: 0xaa })
    const whole = { mode: 'full', bytesWritten: image.raw.length, bytesEqual: 0 }
    expect((await write(server, loop.disk)).receipt).toMatchObject(whole)
    expect((await write(server, loop.disk, { mode: 'full' })).receipt).toMatchObject(whole)
  })

  test('on a disk that the image fills it gives back what clearing took at the end', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(image.raw.length + 512 * 100, { fill: 0xaa })
    await write(server, loop.disk)
    await spoil(loop.disk.path, 2 * MiB)
    const { receipt } = await write(server, loop.disk)
    expect(receipt.bytesFetched).toBe(storedBytesOf(image, 2))
    expect(holds(loop.backingPath, image.raw)).toBe(true)
  })

  test('interrupted it leaves nothing that boots, and the next try fetches only the rest (B01, B11)', async () => {
    const changed = sampleRaw()
    for (const chunk of [2, 3, 4, 8]) patternBytes(MiB, 50 + chunk).copy(changed, chunk * MiB)
    const next = createSignedImage(changed)
    await using server = await startImageServer(image)
    await using nextServer = await startImageServer(next)
    using loop = attachLoopDevice(32 * MiB, { fill: 0xaa })
    await write(server, loop.disk)
    const abort = new AbortController()
    nextServer.fault = ({ offset, bytes }) => {
      const eighth = next.manifest.chunks[8]
      if (eighth?.kind !== 'zstd' || offset < eighth.packOffset) return bytes
      abort.abort(new Error('told to stop'))
      return undefined
    }
    const interrupted = write(nextServer, loop.disk, { of: next, signal: abort.signal })
    await expect(interrupted).rejects.toThrow('told to stop')
    const disk = readFileSync(loop.backingPath)
    expect(disk.subarray(0, MiB).every((byte) => byte === 0)).toBe(true)

    nextServer.fault = undefined
    const { receipt } = await write(nextServer, loop.disk, { of: next })
    // The first and the last chunk were cleared in part; the others that differed may be there already.
    const most = storedBytesOf(next, 0, 2, 3, 4, 8, 11)
    expect(receipt.mode).toBe('delta')
    expect(receipt.bytesFetched).toBeLessThanOrEqual(most)
    expect(receipt.bytesFetched).toBeGreaterThanOrEqual(storedBytesOf(next, 0, 8, 11))
    expect(holds(loop.backingPath, next.raw)).toBe(true)
  })

  test('says in the receipt that the read-back was waived', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(32 * MiB, { fill: 0xaa })
    const { receipt, context } = await write(server, loop.disk, { readBack: false })
    expect(receipt).toMatchObject({ readBack: 'waived', bytesReadBack: 0 })
    expect(context.progress.map(({ phase }) => phase)).not.toContain('verify')
    expect(holds(loop.backingPath, image.raw)).toBe(true)
  })
})
