import { hash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { toHex } from '../../../../../src/base/hex.ts'
import { watchVerity } from '../../../../../src/daemon/store/blobs/verity-watch.ts'
import {
  encodeVerityTree,
  hashVerityBlock,
} from '../../../../../src/protocol/verity/verity-tree.ts'

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer')
const salt = new Uint8Array(16).fill(7)
const block = new Uint8Array(4096).fill(1)
const digest = hashVerityBlock(block, salt, sha256)
const uuid = '01234567-89ab-8def-8123-456789abcdef'
const tree = encodeVerityTree(Buffer.concat([digest, digest]), { uuid, salt }, sha256)
const disk = Buffer.concat([Buffer.alloc(8192), block, block, Buffer.alloc(1000), tree.area])
const claim = {
  algorithm: 'sha256' as const,
  rootHash: toHex(tree.rootDigest),
  salt: toHex(salt),
  dataOffsetBytes: 8192,
  dataBytes: 8192,
  treeOffsetBytes: 8192 + 8192 + 1000,
}

async function pass(bytes: Buffer, partBytes: number, wanted = claim): Promise<Buffer> {
  async function* parts() {
    for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes)
  }
  const passed: Uint8Array[] = []
  for await (const part of watchVerity(parts(), wanted)) passed.push(part)
  return Buffer.concat(passed)
}

describe(watchVerity, () => {
  it.each([
    ['another hash', disk, { ...claim, rootHash: '0'.repeat(64) }, 'another hash'],
    ['a tree that is not there', Buffer.alloc(disk.length), claim, 'no verity superblock'],
    ['an image that ends before it', disk.subarray(0, 20_000), claim, 'beyond the end'],
  ])('refuses %s', async (_, bytes, wanted, message) => {
    await expect(pass(bytes, 4096, wanted)).rejects.toMatchObject({
      code: 'ERR_IMAGE_VERITY_WRONG',
      message: expect.stringContaining(message) as string,
    })
  })

  it.each([1000, 4096, 100_000])('passes on what is right, in parts of %i bytes', async (bytes) => {
    expect((await pass(disk, bytes)).equals(disk)).toBe(true)
  })
})
