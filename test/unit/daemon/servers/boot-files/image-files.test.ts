import { describe, expect, test } from 'vitest'

import { type Digest, readDigest } from '../../../../../src/base/digest.ts'
import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import type {
  ImagePacks,
  ImageStore,
  StoredImage,
} from '../../../../../src/daemon/domain/image/image-store.ts'
import type { BootFileRequest } from '../../../../../src/daemon/servers/boot-files/boot-file.ts'
import { imageFiles } from '../../../../../src/daemon/servers/boot-files/image-files.ts'

const hex = 'ab'.repeat(32)
const signed = { manifest: '{}', keyId: '0123456789abcdef', signature: 'AA==' }
const packDigest = readDigest(`sha256:${'cd'.repeat(32)}`) as Digest

const store = (state: 'ready' | 'quarantined' = 'ready'): ImageStore & ImagePacks => ({
  listImages: async () => [],
  findImage: async (reference) => {
    const image = { image: { state }, signed } as StoredImage
    return reference === `sha256:${hex}` ? image : undefined
  },
  openPack: async (digest) =>
    digest === `sha256:${hex}` && state === 'ready'
      ? {
          ...{ packDigest, sizeBytes: 5000 },
          hold: async () => undefined,
          holdFile: async () => undefined,
          read: async (_offset, length, into) => into.fill(7, 0, length).subarray(0, length),
        }
      : undefined,
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
  })

  test('a pack is immutable and tagged with its digest', async () => {
    const pack = await imageFiles(store())(ask(`images/${hex}/pack`))
    expect(pack).toMatchObject({ sizeBytes: 5000, etag: `"${'cd'.repeat(32)}"` })
    expect(pack?.cacheControl).toContain('immutable')
    expect(await pack?.read(10, 3)).toEqual(new Uint8Array([7, 7, 7]))
  })

  test.each(['pack', 'manifest.json'])(
    'I14 %s of an image in quarantine is not served',
    async (file) => {
      expect(await imageFiles(store('quarantined'))(ask(`images/${hex}/${file}`))).toBeUndefined()
    },
  )

  test('the signed manifest is sent as it was signed, and asked for again when keys change', async () => {
    const file = await imageFiles(store())(ask(`images/${hex}/manifest.json`))
    const bytes = await file?.read(0, file.sizeBytes)
    expect(JSON.parse(Buffer.from(bytes ?? []).toString())).toEqual(signed)
    expect(file).toMatchObject({
      contentType: 'application/json',
      cacheControl: 'public, no-cache',
    })
    expect(file?.etag).toMatch(/^"[0-9a-f]{64}"$/)
  })
})
