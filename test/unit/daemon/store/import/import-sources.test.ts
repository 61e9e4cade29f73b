import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'

import { describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../../../src/base/byte-size.ts'
import { digestOf } from '../../../../../src/daemon/store/blobs/encode-chunk.ts'
import { createImportSources } from '../../../../../src/daemon/store/import/import-sources.ts'

const raw = Buffer.concat([randomBytes(2 * MEBIBYTE), Buffer.alloc(MEBIBYTE, 'compressible ')])

async function* parts(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    yield bytes.subarray(offset, offset + size)
  }
}

async function importBytes(bytes: Uint8Array) {
  const source = createImportSources().open({
    from: { kind: 'upload', origin: { kind: 'stdin' }, bytes: parts(bytes) },
  })
  const read: Uint8Array[] = []
  for await (const part of source) read.push(Buffer.from(part))
  const raw = Buffer.concat(read)
  return { raw, provenance: source.prove({ digest: digestOf(raw), bytes: raw.length }) }
}

describe(createImportSources, () => {
  const foreign = (bytes: number[] | string, offset = 0) => {
    const image = Buffer.alloc(MEBIBYTE)
    Buffer.from(bytes as string).copy(image, offset)
    return image
  }

  it.each([
    ['I01 qcow2', foreign([0x51, 0x46, 0x49, 0xfb])],
    ['I02 VMDK', foreign('KDMV')],
    ['I02 VDI', foreign([0x7f, 0x10, 0xda, 0xbe], 0x40)],
    ['I02 LUKS', foreign([...Buffer.from('LUKS'), 0xba, 0xbe])],
    ['I02 ISO 9660', foreign('CD001', 0x8001)],
    ['xz', foreign([0xfd, ...Buffer.from('7zXZ'), 0])],
    ['I03 qcow2 inside gzip', gzipSync(foreign([0x51, 0x46, 0x49, 0xfb]))],
    ['gzip inside zstd', zstdCompressSync(gzipSync(raw))],
  ])('refuses %s', async (_name, bytes) => {
    await expect(importBytes(bytes)).rejects.toMatchObject({ code: 'ERR_IMAGE_FORMAT' })
  })

  const gzip = gzipSync(raw)
  const zstd = zstdCompressSync(raw)
  it.each([
    ['truncated gzip', gzip.subarray(0, -9)],
    ['truncated zstd', zstd.subarray(0, -9)],
    ['gzip with a wrong checksum', Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(8)])],
    ['gzip with NULs behind it', Buffer.concat([gzip, Buffer.alloc(600)])],
    ['gzip with garbage behind it', Buffer.concat([gzip, Buffer.from('garbage')])],
    ['zstd with garbage behind it', Buffer.concat([zstd, Buffer.from('garbage')])],
  ])('I04 refuses %s', async (_name, bytes) => {
    await expect(importBytes(bytes)).rejects.toMatchObject({ code: 'ERR_IMAGE_DAMAGED' })
  })

  it.each([
    ['raw', raw],
    ['gzip', gzip],
    ['zstd', zstd],
  ])('gives the raw disk inside %s and says what it came from', async (_name, bytes) => {
    const read = await importBytes(bytes)
    expect(raw.equals(read.raw)).toBe(true)
    expect(read.provenance).toMatchObject({
      sourceDigest: digestOf(bytes),
      sourceBytes: bytes.length,
    })
  })
})
