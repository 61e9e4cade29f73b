import { hash } from 'node:crypto'

import { assert, property, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { fromHex, toHex } from '../../../../src/base/hex.ts'
import {
  verityAreaFault,
  verityHeadBytes,
} from '../../../../src/protocol/verity/verity-area-fault.ts'
import {
  encodeVerityTree,
  hashVerityBlock,
  verityAreaBytes,
  verityBlockBytes,
} from '../../../../src/protocol/verity/verity-tree.ts'

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer')
const uuid = '01234567-89ab-8def-8123-456789abcdef'
const salt = fromHex('00112233445566778899aabbccddeeff')

/** Blocks whose every byte is their number, modulo 251. */
function dataOf(blocks: number): Uint8Array {
  const data = new Uint8Array(blocks * verityBlockBytes)
  for (let index = 0; index < blocks; index++) {
    data.fill(index % 251, index * verityBlockBytes, (index + 1) * verityBlockBytes)
  }
  return data
}

function treeOf(data: Uint8Array) {
  const digests = new Uint8Array((data.length / verityBlockBytes) * 32)
  for (let offset = 0; offset < data.length; offset += verityBlockBytes) {
    const block = data.subarray(offset, offset + verityBlockBytes)
    digests.set(hashVerityBlock(block, salt, sha256), (offset / verityBlockBytes) * 32)
  }
  return encodeVerityTree(digests, { uuid, salt }, sha256)
}

describe(encodeVerityTree, () => {
  it('refuses what is no whole number of digests, and a salt that is too long', () => {
    expect(() => encodeVerityTree(new Uint8Array(0), { uuid, salt }, sha256)).toThrow(RangeError)
    expect(() => encodeVerityTree(new Uint8Array(33), { uuid, salt }, sha256)).toThrow(RangeError)
    const long = new Uint8Array(257)
    expect(() => encodeVerityTree(new Uint8Array(64), { uuid, salt: long }, sha256)).toThrow('257')
  })

  // Of `veritysetup format` (cryptsetup 2.6.1) over the same blocks, with the same UUID and salt.
  it.each([
    [
      2,
      '8a009b91da25d9ed0fbba4efb4560b71805ce47e476ff164220ed550ba5816bd',
      '1102bee79e0cd490dcdfd6036e542c6e4d12a02e9e3c676eefb863318e97c6a2',
    ],
    [
      128,
      '06cc07f9632bb7ef6a1af529dbaadb2f2bc2a14cbe38303a51b8cc2f63bcb7b0',
      '553e3f2d2c405da20ea67b92ff817c1442f716c9bdafb8a174b2f8939141d929',
    ],
    [
      129,
      '8cf02e1d6ecce6e7e19bf695c8d009fcbd26f8f32efa4a2b230adaab72d7ca7b',
      'ba9d93b6942d9167d3211e5666985e0237fbf6933c00617f730f175e73b5141a',
    ],
    [
      20_000,
      'cbc99ad8f0950160c0d9c7e5f743588ada1970274986abc74408ba79efbf3743',
      'c8a13725e5121a18c10dd47641e6a7adab05a6b94c3e6766dc7668abae5947c7',
    ],
  ])('makes of %i blocks the very bytes that veritysetup makes', (blocks, rootHash, areaHash) => {
    const { area, rootDigest } = treeOf(dataOf(blocks))
    expect(area).toHaveLength(verityAreaBytes(blocks))
    expect(toHex(rootDigest)).toBe(rootHash)
    expect(toHex(sha256(area))).toBe(areaHash)
  })
})

describe(verityAreaFault, () => {
  const data = dataOf(300)
  const { area, rootDigest } = treeOf(data)
  const claim = { rootHash: toHex(rootDigest), salt: toHex(salt), dataBytes: data.length }

  it.each([
    [
      'an area without a superblock',
      new Uint8Array(verityHeadBytes),
      claim,
      'no verity superblock',
    ],
    ['an area that is too short', area.subarray(0, 100), claim, 'no verity superblock'],
    ['another salt', area, { ...claim, salt: '00' }, 'another salt'],
    ['another size', area, { ...claim, dataBytes: 4096 }, 'is about 300 blocks'],
    ['another root hash', area, { ...claim, rootHash: '0'.repeat(64) }, 'another hash'],
  ])('tells %s', (_, head, wrong, message) => {
    expect(verityAreaFault(head, wrong, sha256)).toContain(message)
  })

  it('takes any bytes', () => {
    assert(
      property(uint8Array({ maxLength: verityHeadBytes + 10 }), (head) => {
        expect(verityAreaFault(head, claim, sha256)).toBeDefined()
      }),
    )
  })

  it('finds nothing wrong with a right one', () => {
    expect(verityAreaFault(area, claim, sha256)).toBeUndefined()
  })
})
