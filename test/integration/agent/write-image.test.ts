import { createPublicKey, verify } from 'node:crypto'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { KernelFiles } from '../../../src/agent/linux/kernel-files.ts'
import { TargetDisk } from '../../../src/agent/block-writer/target-disk.ts'
import { allocateOne } from '../../../src/agent/block-writer/aligned-memory.ts'
import { runWriteImage } from '../../../src/agent/tasks/write-image.ts'
import { imageManifestSchema } from '../../../src/contract/image-manifest.ts'
import type { Disk } from '../../../src/contract/machine.ts'
import { receiptSchema } from '../../../src/contract/receipt.ts'
import { createAgentWorld, createTaskContext } from '../../fakes/agent-world.ts'
import { type ImageServer, sendRange, startImageServer } from '../../fakes/image-server.ts'
import { attachLoopDevice } from '../../fakes/loop-device.ts'
import { createSignedImage, patternBytes, type SignedImage } from '../../fakes/signed-image.ts'

const MiB = 1024 * 1024

/** 8.5 MiB: data, a hole, data, a chunk stored raw and a last chunk that is not full. */
const sampleRaw = () => {
  const raw = Buffer.alloc(8 * MiB + 512 * 1024)
  patternBytes(3 * MiB, 7).copy(raw)
  patternBytes(2 * MiB, 9).copy(raw, 5 * MiB)
  patternBytes(512 * 1024, 11).copy(raw, 8 * MiB)
  return raw
}

const image = createSignedImage(sampleRaw(), { rawChunks: [2] })

const orderFor = (server: ImageServer, disk: Disk, of: SignedImage = image) => ({
  action: 'write-image' as const,
  imageName: 'test-image',
  imageDigest: of.imageDigest,
  manifestPath: server.manifestPath,
  packPath: server.packPath,
  disk,
})

const expectCannotBoot = (path: string) => {
  const disk = readFileSync(path)
  expect(disk.subarray(0, MiB).every((byte) => byte === 0)).toBe(true)
}

const write = async (
  server: ImageServer,
  disk: Disk,
  of: SignedImage = image,
  context = createTaskContext(),
) => {
  using world = createAgentWorld(server.url, [of.trustedKey])
  return {
    outcome: await runWriteImage(world, orderFor(server, disk, of), context),
    world,
    context,
  }
}

describe('runWriteImage', () => {
  test('refuses a disk that is one sector too small before any write (B08)', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(image.raw.length - 512, { fill: 0xaa })
    await expect(write(server, loop.disk)).rejects.toMatchObject({
      code: 'ERR_IMAGE_TOO_LARGE',
      imageBytes: image.raw.length,
      diskBytes: image.raw.length - 512,
    })
    expect(readFileSync(loop.backingPath).every((byte) => byte === 0xaa)).toBe(true)
  })

  test('refuses an image for another sector size before any write (B10)', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB, { sectorBytes: 4096, fill: 0xaa })
    await expect(write(server, loop.disk)).rejects.toMatchObject({
      code: 'ERR_SECTOR_SIZE_MISMATCH',
    })
    expect(readFileSync(loop.backingPath).every((byte) => byte === 0xaa)).toBe(true)
  })

  test('refuses another image than the ordered one, an unknown key and a forged manifest', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB, { fill: 0xaa })
    const other = createSignedImage(patternBytes(MiB))
    using stranger = createAgentWorld(server.url, [other.trustedKey])
    const order = orderFor(server, loop.disk)
    await expect(runWriteImage(stranger, order, createTaskContext())).rejects.toMatchObject({
      code: 'ERR_MANIFEST_REFUSED',
    })
    using world = createAgentWorld(server.url, [image.trustedKey])
    const foreign = { ...order, imageDigest: other.imageDigest }
    await expect(runWriteImage(world, foreign, createTaskContext())).rejects.toMatchObject({
      code: 'ERR_MANIFEST_REFUSED',
    })
    await using forger = await startImageServer({
      ...image,
      signed: { ...image.signed, manifest: image.signed.manifest.replace('"1"', '"2"') },
    })
    using deceived = createAgentWorld(forger.url, [image.trustedKey])
    await expect(runWriteImage(deceived, order, createTaskContext())).rejects.toThrow('signature')
    expect(readFileSync(loop.backingPath).every((byte) => byte === 0xaa)).toBe(true)
  })

  test('refuses a disk whose size or serial is not the chosen one (B18, X07)', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB, { fill: 0xaa })
    for (const change of [{ sizeBytes: 32 * MiB }, { serial: 'another' }]) {
      await expect(write(server, { ...loop.disk, ...change })).rejects.toMatchObject({
        code: 'ERR_DISK_CHANGED',
      })
    }
    expect(readFileSync(loop.backingPath).every((byte) => byte === 0xaa)).toBe(true)
  })

  test('refuses a path that is no block device and creates none (B17)', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB)
    for (const path of ['/dev/repave-no-such-disk', loop.backingPath, '/dev/null']) {
      await expect(write(server, { ...loop.disk, path })).rejects.toMatchObject({
        code: 'ERR_NOT_A_DISK',
      })
    }
    expect(() => readFileSync('/dev/repave-no-such-disk')).toThrow('ENOENT')
  })

  test('refuses a disk that is mounted (B15)', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB)
    execFileSync('mke2fs', ['-q', '-t', 'ext4', loop.disk.path])
    const mountPoint = mkdtempSync(join(tmpdir(), 'mount-'))
    execFileSync('mount', [loop.disk.path, mountPoint])
    try {
      await expect(write(server, loop.disk)).rejects.toMatchObject({ code: 'ERR_DISK_IN_USE' })
    } finally {
      execFileSync('umount', [mountPoint])
      rmSync(mountPoint, { recursive: true })
    }
  })

  test('never writes a byte of a chunk that stays corrupted, and names it (B02)', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB, { fill: 0xaa })
    const chunk = imageManifestSchema.parse(JSON.parse(image.signed.manifest)).chunks[2]
    if (chunk?.kind !== 'raw') throw new Error('chunk 2 is stored raw')
    const flippedByte = chunk.packOffset + 1000
    server.fault = ({ offset, bytes }) => {
      const at = flippedByte - offset
      if (at >= 0 && at < bytes.length) bytes[at]! ^= 0x10
      return bytes
    }
    await expect(write(server, loop.disk)).rejects.toMatchObject({
      code: 'ERR_CHUNK_REJECTED',
      chunkIndex: 2,
      offset: 2 * MiB,
    })
    const disk = readFileSync(loop.backingPath)
    expect(disk.subarray(2 * MiB, 3 * MiB).every((byte) => byte === 0xaa)).toBe(true)
    expectCannotBoot(loop.backingPath)
    const refetches = server.rangeRequests.filter(({ offset }) => offset === chunk.packOffset)
    expect(refetches.length).toBeGreaterThanOrEqual(3)
    expect(refetches.length).toBeLessThanOrEqual(4)
  })

  test.each(['bit', 'frame'])(
    'fetches a chunk again that arrived damaged once (B02, %s)',
    async (kind) => {
      await using server = await startImageServer(image)
      using loop = attachLoopDevice(16 * MiB, { fill: 0xaa })
      server.fault = ({ bytes, requestNumber }) => {
        if (requestNumber === 1) bytes.fill(0xff, 0, kind === 'bit' ? 0 : 8)
        if (requestNumber === 1) bytes[bytes.length - 5]! ^= 1
        return bytes
      }
      const { context } = await write(server, loop.disk)
      expect(readFileSync(loop.backingPath).subarray(0, image.raw.length).equals(image.raw)).toBe(
        true,
      )
      expect(context.progress.at(-1)?.chunksRefetched).toBeGreaterThan(0)
    },
  )

  test('refuses a chunk of another image in place of the right one (B03)', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB, { fill: 0xaa })
    const [first, second] = image.manifest.chunks
    if (first?.kind !== 'zstd' || second?.kind !== 'zstd') throw new Error('both are zstd')
    server.fault = ({ offset, bytes }) => {
      const foreign = image.pack.subarray(second.packOffset, second.packOffset + second.storedBytes)
      if (offset === first.packOffset) foreign.copy(bytes)
      return bytes
    }
    await expect(write(server, loop.disk)).rejects.toMatchObject({
      code: 'ERR_CHUNK_REJECTED',
      chunkIndex: 0,
    })
    expectCannotBoot(loop.backingPath)
  })

  test('goes on where it was when the server closes mid-stream (B01)', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB, { fill: 0xaa })
    server.fault = ({ offset, bytes, requestNumber }, response) => {
      if (requestNumber > 3) return bytes
      const total = image.pack.length
      const end = offset + bytes.length - 1
      response.writeHead(206, {
        'content-range': `bytes ${offset}-${end}/${total}`,
        'content-length': bytes.length,
      })
      // Headers alone, one byte, half of it: each time the connection breaks.
      const cut = [0, 1, Math.floor(bytes.length / 2)][requestNumber - 1] ?? 0
      response.write(bytes.subarray(0, Math.max(cut, 1)), () => response.destroy())
      return undefined
    }
    await write(server, loop.disk)
    expect(readFileSync(loop.backingPath).subarray(0, image.raw.length).equals(image.raw)).toBe(
      true,
    )
    expect(server.rangeRequests.length).toBeGreaterThan(3)
  })

  test('refuses a server that ignores the range or answers with another one', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB)
    server.fault = (_range, response) => {
      response.writeHead(200, { 'content-length': image.pack.length }).end(image.pack)
      return undefined
    }
    await expect(write(server, loop.disk)).rejects.toMatchObject({ code: 'ERR_FETCH_FAILED' })
    server.fault = ({ offset, bytes }, response) => {
      sendRange(response, offset + 1, bytes, image.pack.length)
      return undefined
    }
    await expect(write(server, loop.disk)).rejects.toThrow('another range')
    expectCannotBoot(loop.backingPath)
  })

  test('stops when it is told to, and leaves a disk that cannot boot', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB, { fill: 0xaa })
    const abort = new AbortController()
    server.fault = ({ requestNumber, bytes }) => {
      if (requestNumber === 1) return bytes
      abort.abort(new Error('told to stop'))
      return undefined
    }
    const context = createTaskContext(abort.signal)
    await expect(write(server, loop.disk, image, context)).rejects.toThrow('told to stop')
    expectCannotBoot(loop.backingPath)
  })

  test('killed at any moment it leaves a disk that cannot boot (B11, B12)', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(16 * MiB, { fill: 0xaa })
    using world = createAgentWorld(server.url, [image.trustedKey])
    const [first] = image.manifest.chunks
    if (first?.kind !== 'zstd') throw new Error('the first chunk is zstd')
    const reached = Promise.withResolvers<void>()
    server.fault = ({ offset, bytes }) => {
      if (offset <= 3 * MiB && server.rangeRequests.length < 2) return bytes
      reached.resolve()
      return undefined
    }
    const directory = mkdtempSync(join(tmpdir(), 'killed-'))
    try {
      const settings = join(directory, 'settings.json')
      const order = orderFor(server, loop.disk)
      const { trustedKeysPath } = world
      writeFileSync(settings, JSON.stringify({ order, url: server.url, trustedKeysPath }))
      const script = join(import.meta.dirname, '../../fakes/write-image-process.ts')
      // What it leaves behind when it is killed goes with the directory.
      const env = { ...process.env, TMPDIR: directory }
      const child = spawn(process.execPath, [script, settings], { stdio: 'inherit', env })
      const exited = once(child, 'exit')
      await reached.promise
      child.kill('SIGKILL')
      await exited
      expectCannotBoot(loop.backingPath)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test.each([512, 4096] as const)(
    'writes every byte, proves it and signs a receipt, %i-byte sectors (B09)',
    async (sectorBytes) => {
      const made = createSignedImage(sampleRaw(), { sectorBytes, rawChunks: [2] })
      await using server = await startImageServer(made)
      using loop = attachLoopDevice(16 * MiB, { sectorBytes, fill: 0xaa })
      const { outcome, world, context } = await write(server, loop.disk, made)
      const disk = readFileSync(loop.backingPath)
      expect(disk.subarray(0, made.raw.length).equals(made.raw)).toBe(true)
      expect(disk.subarray(15 * MiB).every((byte) => byte === 0)).toBe(true)

      const signed = outcome.facts.receipt
      if (signed === undefined) throw new Error('no receipt')
      const x = Buffer.from(signed.publicKey, 'base64').toString('base64url')
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
      const signature = Buffer.from(signed.signature, 'base64')
      expect(verify(null, Buffer.from(signed.receipt), key, signature)).toBe(true)
      expect(signed.publicKey).toBe(world.key.publicKeyBase64)
      expect(receiptSchema.parse(JSON.parse(signed.receipt))).toMatchObject({
        attemptId: context.attemptId,
        imageDigest: made.imageDigest,
        rawDigest: made.manifest.rawDigest,
        bytesWritten: made.raw.length,
        bytesReadBack: made.raw.length,
        bytesFetched: made.pack.length,
        chunksRefetched: 0,
        disk: { path: loop.disk.path, sizeBytes: 16 * MiB },
      })
      expect(new Set(context.progress.map(({ phase }) => phase))).toEqual(
        new Set(['scan', 'write', 'verify', 'commit']),
      )
    },
  )

  test('writes an image that fills the disk to its last sector', async () => {
    await using server = await startImageServer(image)
    using loop = attachLoopDevice(image.raw.length, { fill: 0xaa })
    await write(server, loop.disk)
    expect(readFileSync(loop.backingPath).equals(image.raw)).toBe(true)
  })

  test('writes to a regular file only where that is allowed', async () => {
    await using server = await startImageServer(image)
    using world = createAgentWorld(server.url, [image.trustedKey], { allowRegularFile: true })
    using loop = attachLoopDevice(16 * MiB)
    const order = orderFor(server, { ...loop.disk, path: loop.backingPath })
    await runWriteImage(world, order, createTaskContext())
    expect(readFileSync(loop.backingPath).subarray(0, image.raw.length).equals(image.raw)).toBe(
      true,
    )
  })
})

describe('TargetDisk', () => {
  test('takes a short count at the end of the device for the failure it is (B07)', async () => {
    using loop = attachLoopDevice(4 * MiB)
    await using target = await TargetDisk.open(loop.disk, { files: new KernelFiles() })
    const bytes = allocateOne(8192)
    await expect(target.write(bytes, 4 * MiB - 4096)).rejects.toMatchObject({
      code: 'ERR_DISK_IO',
      offset: 4 * MiB - 4096,
    })
    await expect(target.read(bytes, 4 * MiB - 4096)).rejects.toThrow('only 4096 of 8192 bytes')
  })
})
