import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { toHex } from '../../../src/base/hex.ts'
import { imageLabelPath } from '../../../src/contract/image-label.ts'
import { encodeVerityTree, hashVerityBlock } from '../../../src/protocol/verity/verity-tree.ts'
import { startImageDaemon } from '../../fakes/image-daemon.ts'

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer')
const salt = new Uint8Array(16).fill(7)
const block = Buffer.alloc(4096, 1)
const digest = hashVerityBlock(block, salt, sha256)
const uuid = '01234567-89ab-8def-8123-456789abcdef'
const tree = encodeVerityTree(Buffer.concat([digest, digest]), { uuid, salt }, sha256)
const verity = {
  algorithm: 'sha256',
  rootHash: toHex(tree.rootDigest),
  salt: toHex(salt),
  dataOffsetBytes: MEBIBYTE,
  dataBytes: 8192,
  treeOffsetBytes: 2 * MEBIBYTE,
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-verity-label-'))
  const disk = Buffer.alloc(3 * MEBIBYTE)
  disk.set(Buffer.concat([block, block]), verity.dataOffsetBytes)
  disk.set(tree.area, verity.treeOffsetBytes)
  await writeFile(join(folder, 'disk.raw'), disk)
})
afterEach(() => rm(folder, { recursive: true }))

const label = (change: object) => {
  const text = { format: 'repave-image-label/1', name: 'proven', version: '1' }
  const content = JSON.stringify({ ...text, verity: { ...verity, ...change } })
  return writeFile(imageLabelPath(join(folder, 'disk.raw')), content)
}

describe('a label that states a root hash', () => {
  it('is refused with its image when the tree inside has another one', async () => {
    const daemon = await startImageDaemon(folder, 'daemon')
    await label({ rootHash: '0'.repeat(64) })
    const told = await daemon.repave('image', 'import', join(folder, 'disk.raw'))
    expect(told).toMatchObject({ exitCode: 1 })
    expect(told.err).toContain('ERR_IMAGE_VERITY_WRONG')
    expect(await daemon.images.store.listImages()).toEqual([])
  })

  it('brings it into the signed manifest, and `image show` tells it', async () => {
    const daemon = await startImageDaemon(folder, 'daemon')
    await label({})
    expect(await daemon.repave('image', 'import', join(folder, 'disk.raw'))).toMatchObject({
      exitCode: 0,
    })
    const found = await daemon.images.store.findImage('proven')
    expect(JSON.parse(found?.signed.manifest ?? '')).toMatchObject({ verity })
    const shown = await daemon.repave('image', 'show', 'proven')
    expect(shown.out).toMatch(new RegExp(`verity root +${verity.rootHash}`))
  })
})
