import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import type { ImageStore, StoredImage } from '../../../../../src/daemon/domain/image/image-store.ts'
import { BootFileTruncatedError } from '../../../../../src/daemon/servers/boot-files/boot-file-errors.ts'
import type { BootFileRequest } from '../../../../../src/daemon/servers/boot-files/boot-file.ts'
import { imageFiles } from '../../../../../src/daemon/servers/boot-files/image-files.ts'

const hex = 'ab'.repeat(32)
const signed = { manifest: '{}', keyId: '0123456789abcdef', signature: 'AA==' }
const manifest = { packBytes: 5000, packDigest: `sha256:${'cd'.repeat(32)}` }
let directory: string
let lookups: string[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-images-'))
  await writeFile(join(directory, 'pack'), Buffer.alloc(5000, 7))
  lookups = []
})

afterEach(() => rm(directory, { recursive: true }))

const store = (): ImageStore => ({
  listImages: async () => [],
  findImage: async (reference) => {
    lookups.push(reference)
    const image = { image: {}, manifest, signed } as StoredImage
    return reference === `sha256:${hex}` ? image : undefined
  },
  packPath: () => join(directory, 'pack'),
  removeImage: async () => false,
})

const ask = (path: string, transport: BootFileRequest['transport'] = 'http'): BootFileRequest => ({
  path,
  query: new Map(),
  clientAddress: parseIpv4Address('10.77.0.50'),
  transport,
  probe: false,
})

describe(imageFiles, () => {
  test.each([
    `images/${'00'.repeat(32)}/pack`,
    `images/${hex}/other`,
    `images/${hex}/pack/x`,
    `images/${hex.slice(2)}/pack`,
    `images/${hex.toUpperCase()}/pack`,
    `images/debian-12/pack`,
  ])('knows nothing of %s', async (path) => {
    expect(await imageFiles(store())(ask(path))).toBeUndefined()
  })

  test('sends no image over TFTP', async () => {
    expect(await imageFiles(store())(ask(`images/${hex}/pack`, 'tftp'))).toBeUndefined()
    expect(lookups).toEqual([])
  })

  test('H10 a pack that is not as long as its manifest says is not served', async () => {
    await truncate(join(directory, 'pack'), 4999)
    const answer = imageFiles(store())(ask(`images/${hex}/pack`))
    await expect(answer).rejects.toThrow(BootFileTruncatedError)
  })

  test('H10 a pack that becomes shorter while it is read is an error and not a short read', async () => {
    const pack = await imageFiles(store())(ask(`images/${hex}/pack`))
    await truncate(join(directory, 'pack'), 100)
    await expect(pack?.read(0, 5000)).rejects.toThrow(BootFileTruncatedError)
    await pack?.close()
  })

  test('a pack is immutable, tagged with its digest, and looked up once for all its ranges', async () => {
    const route = imageFiles(store())
    for (let range = 0; range < 3; range++) {
      const pack = await route(ask(`images/${hex}/pack`))
      expect(pack).toMatchObject({ sizeBytes: 5000, etag: `"${'cd'.repeat(32)}"` })
      expect(pack?.cacheControl).toContain('immutable')
      expect(await pack?.read(10, 3)).toEqual(new Uint8Array([7, 7, 7]))
      await pack?.close()
    }
    expect(lookups).toHaveLength(1)
  })

  test('a removed image is gone although it was known', async () => {
    const route = imageFiles(store())
    await (await route(ask(`images/${hex}/pack`)))?.close()
    await rm(join(directory, 'pack'))
    expect(await route(ask(`images/${hex}/pack`))).toBeUndefined()
  })

  test('the signed manifest is sent as it was signed', async () => {
    const file = await imageFiles(store())(ask(`images/${hex}/manifest.json`))
    const bytes = await file?.read(0, file.sizeBytes)
    expect(JSON.parse(Buffer.from(bytes ?? []).toString())).toEqual(signed)
    expect(file).toMatchObject({ contentType: 'application/json' })
    expect(file?.etag).toMatch(/^"[0-9a-f]{64}"$/)
  })
})
