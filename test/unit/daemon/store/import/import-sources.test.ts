import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'

import { describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../../../src/base/byte-size.ts'
import { digestOf } from '../../../../../src/daemon/store/blobs/encode-chunk.ts'
import { createImportSources } from '../../../../../src/daemon/store/import/import-sources.ts'
import { localImportSources } from '../../../../fakes/local-import-sources.ts'
import { inParts, readImport } from '../../../../fakes/read-import.ts'

const raw = Buffer.concat([randomBytes(2 * MEBIBYTE), Buffer.alloc(MEBIBYTE, 'compressible ')])
const gzip = gzipSync(raw)
const zstd = zstdCompressSync(raw)
const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const sha512 = (bytes: Uint8Array) => `sha512:${createHash('sha512').update(bytes).digest('hex')}`
const sources = localImportSources()

const foreign = (bytes: number[] | string, offset = 0) => {
  const image = Buffer.alloc(MEBIBYTE)
  Buffer.from(bytes as string).copy(image, offset)
  return image
}

describe(createImportSources, () => {
  it.each([
    ['VMDK descriptor', foreign('# Disk DescriptorFile\nversion=1\n')],
    ['VDI', foreign([0x7f, 0x10, 0xda, 0xbe], 0x40)],
    ['QED', foreign('QED\0')],
    ['LUKS', foreign([...Buffer.from('LUKS'), 0xba, 0xbe])],
    ['ISO 9660', foreign('CD001', 0x8001)],
    ['ISO 9660 inside zstd', zstdCompressSync(foreign('CD001', 0x8001))],
    ['a zip archive', foreign('PK\u0003\u0004')],
    ['a web page', Buffer.from('<!DOCTYPE html><html><body>404</body></html>')],
    ['gzip inside zstd', zstdCompressSync(gzip)],
  ])('I02 refuses %s', async (_name, bytes) => {
    await expect(readImport(sources, bytes)).rejects.toMatchObject({ code: 'ERR_IMAGE_FORMAT' })
  })

  it('I12 refuses a tar archive and says what makes a disk of it', async () => {
    for (const bytes of [foreign('ustar', 257), gzipSync(foreign('ustar', 257))]) {
      await expect(readImport(sources, bytes)).rejects.toMatchObject({
        code: 'ERR_IMAGE_FORMAT',
        remedy: expect.stringContaining('repave image build --root-tar FILE'),
      })
    }
  })

  it('I03 refuses what was said to be raw and is qcow2, unless the bytes are meant as they are', async () => {
    const bytes = foreign([0x51, 0x46, 0x49, 0xfb])
    await expect(readImport(sources, bytes, { format: 'raw' })).rejects.toMatchObject({
      code: 'ERR_IMAGE_FORMAT',
      message: 'this is qcow2 by its content, not raw as was said',
    })
    const opaque = await readImport(sources, bytes, { format: 'raw', opaque: true })
    expect(bytes.equals(opaque.raw)).toBe(true)
    expect(opaque.provenance.formats).toEqual(['raw'])
  })

  it('I02 refuses a raw disk that ends as a VHD of fixed size', async () => {
    const bytes = foreign('conectix', MEBIBYTE - 512)
    await expect(readImport(sources, bytes)).rejects.toMatchObject({
      code: 'ERR_IMAGE_FORMAT',
      remedy: '--format vhd',
    })
    expect((await readImport(sources, bytes, { opaque: true })).raw).toHaveLength(MEBIBYTE)
  })

  it.each([
    ['truncated gzip', gzip.subarray(0, -9)],
    ['truncated zstd', zstd.subarray(0, -9)],
    ['gzip with a wrong checksum', Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(8)])],
    ['gzip with NULs behind it', Buffer.concat([gzip, Buffer.alloc(600)])],
    ['gzip with many NULs behind it', Buffer.concat([gzip, Buffer.alloc(MEBIBYTE)])],
    ['gzip with garbage behind it', Buffer.concat([gzip, Buffer.from('garbage')])],
    ['zstd with NULs behind it', Buffer.concat([zstd, Buffer.alloc(600)])],
    ['zstd with garbage behind it', Buffer.concat([zstd, Buffer.from('garbage')])],
    ['zstd with much garbage behind it', Buffer.concat([zstd, randomBytes(MEBIBYTE)])],
  ])('I04 refuses %s', async (_name, bytes) => {
    await expect(readImport(sources, bytes)).rejects.toMatchObject({ code: 'ERR_IMAGE_DAMAGED' })
  })

  it('I04 refuses a zstd frame that asks for more memory than anybody needs', async () => {
    const bytes = zstdCompressSync(randomBytes(64), {
      params: { [constants.ZSTD_c_windowLog]: 10, [constants.ZSTD_c_contentSizeFlag]: 0 },
    })
    // The window descriptor of RFC 8878 §3.1.1.1.2: 2 GiB.
    bytes[5] = (31 - 10) << 3
    await expect(readImport(sources, bytes)).rejects.toMatchObject({ code: 'ERR_IMAGE_DAMAGED' })
  })

  it.each([
    ['gzip', gzipSync(Buffer.alloc(64 * MEBIBYTE))],
    ['zstd', zstdCompressSync(Buffer.alloc(64 * MEBIBYTE))],
  ])('I04 stops a %s bomb at the largest image', async (_name, bomb) => {
    expect(bomb.length).toBeLessThan(MEBIBYTE / 8)
    const small = localImportSources({ largestBytes: 8 * MEBIBYTE })
    await expect(readImport(small, bomb)).rejects.toMatchObject({ code: 'ERR_IMAGE_TOO_LARGE' })
  })

  it('I04 joins the members of a gzip or zstd file, as their formats say', async () => {
    const halves = [raw.subarray(0, MEBIBYTE), raw.subarray(MEBIBYTE)]
    for (const pack of [gzipSync, zstdCompressSync] as const) {
      const bytes = Buffer.concat(halves.map((half) => pack(half)))
      expect(raw.equals((await readImport(sources, bytes)).raw)).toBe(true)
    }
  })

  it('I08 refuses fewer and more bytes than were announced', async () => {
    for (const sizeBytes of [raw.length - 512, raw.length + 512]) {
      await expect(readImport(sources, raw, { sizeBytes })).rejects.toMatchObject({
        code: 'ERR_IMAGE_DAMAGED',
      })
    }
  })

  it('I08 fails when the source fails, also behind a decoder', async () => {
    async function* broken() {
      yield* inParts(gzip.subarray(0, -1000))
      throw new Error('connection reset')
    }
    await expect(readImport(sources, broken())).rejects.toThrow('connection reset')
  })

  it.each([
    ['raw', raw, ['raw']],
    ['gzip', gzip, ['gzip', 'raw']],
    ['zstd', zstd, ['zstd', 'raw']],
  ])('gives the raw disk inside %s and says what it came from', async (_name, bytes, formats) => {
    for (const sizeBytes of [undefined, bytes.length]) {
      const read = await readImport(sources, bytes, sizeBytes === undefined ? {} : { sizeBytes })
      expect(raw.equals(read.raw)).toBe(true)
      expect(read.provenance).toEqual({
        origin: { kind: 'stdin' },
        formats,
        sourceDigest: digestOf(bytes),
        sourceBytes: bytes.length,
        checksum: { kind: 'not-given' },
        rawChecksum: { kind: 'not-given' },
        paddedBytes: 0,
      })
    }
  })

  it.each([
    ['sha256', sha256],
    ['sha512', sha512],
  ])('I06 verifies the %s of the file and of the raw disk inside', async (_name, checksumOf) => {
    const checksum = checksumOf(gzip)
    const rawChecksum = checksumOf(raw)
    const { provenance } = await readImport(sources, gzip, { checksum, rawChecksum })
    expect(provenance.checksum).toEqual({ kind: 'verified', checksum })
    expect(provenance.rawChecksum).toEqual({ kind: 'verified', checksum: rawChecksum })
    const wrong = checksumOf(Buffer.from('other'))
    await expect(readImport(sources, gzip, { checksum: wrong, rawChecksum })).rejects.toMatchObject(
      {
        code: 'ERR_IMAGE_CHECKSUM',
        declared: wrong,
        computed: checksum,
      },
    )
    await expect(readImport(sources, gzip, { checksum, rawChecksum: wrong })).rejects.toMatchObject(
      {
        code: 'ERR_IMAGE_CHECKSUM',
        computed: rawChecksum,
      },
    )
  })

  it('I05 takes nothing without a checksum where one is demanded', async () => {
    const strict = localImportSources({ requireChecksum: true })
    await expect(readImport(strict, gzip)).rejects.toMatchObject({
      code: 'ERR_IMAGE_CHECKSUM_REQUIRED',
    })
    for (const order of [{ checksum: sha512(gzip) }, { rawChecksum: sha256(raw) }]) {
      expect(raw.equals((await readImport(strict, gzip, order)).raw)).toBe(true)
    }
  })

  it('I06 tells the checksum of the file from that of the disk inside', async () => {
    await expect(readImport(sources, gzip, { checksum: sha256(raw) })).rejects.toMatchObject({
      remedy: expect.stringContaining('--raw-sha256'),
    })
    await expect(readImport(sources, gzip, { rawChecksum: sha256(gzip) })).rejects.toMatchObject({
      remedy: expect.stringContaining('--sha256'),
    })
  })

  it('I15 puts zeros behind what ends within a sector, and says how many', async () => {
    const bytes = raw.subarray(0, 1000)
    const read = await readImport(sources, bytes, { sizeBytes: 1000 })
    expect(read.raw).toEqual(Buffer.concat([bytes, Buffer.alloc(24)]))
    expect(read.provenance).toMatchObject({
      paddedBytes: 24,
      sourceBytes: 1000,
      sourceDigest: digestOf(bytes),
    })
    expect((await readImport(sources, bytes, { sectorBytes: 4096 })).raw).toHaveLength(4096)
  })

  it('I15 refuses another sector size than the partition table was made for', async () => {
    const bytes = foreign('EFI PART', 4096)
    expect((await readImport(sources, bytes.subarray(0, 10_000))).raw).toHaveLength(12_288)
    await expect(readImport(sources, bytes, { sectorBytes: 512 })).rejects.toMatchObject({
      code: 'ERR_IMAGE_FORMAT',
    })
  })

  it('proves nothing before the end', () => {
    const bytes = inParts(raw)
    const source = sources.open({ from: { kind: 'upload', origin: { kind: 'stdin' }, bytes } })
    expect(() => source.prove({ digest: digestOf(raw), bytes: raw.length })).toThrow('its end')
  })

  it('leaves nothing in the spool', async () => {
    expect(await readdir(join(tmpdir(), `repave-spool-${process.pid}`)).catch(() => [])).toEqual([])
  })
})
