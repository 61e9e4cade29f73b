import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { openImages } from '../../../src/daemon/open-images.ts'
import { rawSource } from '../../fakes/raw-source.ts'

/** A file system of 40 MiB, which ends with the test. Needs root. */
function smallFileSystem(): string {
  const directory = mkdtempSync(join(tmpdir(), 'repave-full-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', directory])
  onTestFinished(() => {
    execFileSync('umount', [directory])
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
})
