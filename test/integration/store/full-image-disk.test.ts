import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { openImages } from '../../../src/daemon/parts/images/open-images.ts'
import { rawSource } from '../../fakes/raw-source.ts'

/** A file system of 40 MiB, which ends with the test. Needs root. */
function smallFileSystem(): string {
  const directory = mkdtempSync(join(tmpdir(), 'repave-full-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', directory])
  onTestFinished(() => {
    // A pack that was read stays open for a second.
    execFileSync('umount', ['--lazy', directory])
    rmSync(directory, { recursive: true })
  })
  return directory
}

async function* noise(chunks: number): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < chunks; count++) yield randomBytes(4 * MEBIBYTE)
}

const importNoise = (
  { store }: Awaited<ReturnType<typeof openImages>>,
  name: string,
  chunks: number,
) => store.importImage({ name, version: '1', source: rawSource(noise(chunks)) })

describe(openImages, () => {
  it('I09 leaves a twentieth of the disk to the database, keeps nothing of what does not fit, and takes what does', async () => {
    const directory = smallFileSystem()
    const images = await openImages(directory)
    await importNoise(images, 'small', 2)
    const before = await statfs(directory)
    await expect(importNoise(images, 'large', 20)).rejects.toMatchObject({
      code: 'ERR_IMAGE_SPACE',
    })
    const after = await statfs(directory)
    expect(after.bavail).toBe(before.bavail)
    expect(await readdir(join(directory, 'images', 'incoming'))).toEqual([])
    await importNoise(images, 'other', 2)
    const names = (await images.store.listImages()).map(({ name }) => name)
    expect(names).toEqual(['other', 'small'])
  })

  it('I09 keeps to the quota that is set', async () => {
    const images = await openImages(smallFileSystem(), { maximumBytes: 12 * MEBIBYTE })
    await importNoise(images, 'small', 2)
    await expect(importNoise(images, 'large', 2)).rejects.toThrow('images.maximumBytes')
  })

  it('I09 keeps to the quota with two imports at once', async () => {
    const images = await openImages(smallFileSystem(), { maximumBytes: 18 * MEBIBYTE })
    const both = await Promise.allSettled([
      importNoise(images, 'one', 3),
      importNoise(images, 'other', 3),
    ])
    const codes = both.map((result) =>
      result.status === 'fulfilled' ? 'stored' : (result.reason as { code?: string }).code,
    )
    expect(codes).toContain('ERR_IMAGE_SPACE')
    const stored = await images.store.listImages()
    expect(stored.reduce((sum, { packBytes }) => sum + packBytes, 0)).toBeLessThan(18 * MEBIBYTE)
  })

  it.each([0, 1, 2, 3, 4, 5, 6])(
    'I09 fails whole when %i chunks find room, and leaves the rest as it was',
    async (chunks) => {
      const directory = smallFileSystem()
      const images = await openImages(directory)
      await importNoise(images, 'kept', 1)
      const { bavail, bsize } = await statfs(directory)
      const room = bavail * bsize - 2 * MEBIBYTE - (chunks * 4 + 1) * MEBIBYTE
      await writeFile(join(directory, 'filler'), Buffer.alloc(room, 1))
      await expect(importNoise(images, 'large', 7)).rejects.toMatchObject({
        code: 'ERR_IMAGE_SPACE',
      })
      expect(await readdir(join(directory, 'images', 'incoming'))).toEqual([])
      const scrubbed = await images.store.scrub()
      expect(scrubbed).toMatchObject({ checkedChunks: 1, damagedChunks: 0 })
      await rm(join(directory, 'filler'))
      await importNoise(images, 'large', 7)
      expect(await images.store.listImages()).toHaveLength(2)
    },
  )

  it('I09 unpacks no disk that the file system has no room for, and keeps nothing of it', async () => {
    const directory = smallFileSystem()
    const images = await openImages(directory)
    const header = Buffer.alloc(64 * 1024)
    header.write('QFI\u00fb', 'latin1')
    async function* endless() {
      yield header
      for (;;) yield randomBytes(MEBIBYTE)
    }
    const from = { kind: 'upload', origin: { kind: 'stdin' }, bytes: endless() } as const
    const source = images.importSources.open({ from })
    await expect(
      images.store.importImage({ name: 'disk', version: '1', source }),
    ).rejects.toMatchObject({ code: 'ERR_IMAGE_SPACE' })
    expect(await readdir(join(directory, 'import'))).toEqual([])
  })
})
