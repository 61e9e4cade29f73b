import { hash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'

import { MEBIBYTE } from '../../base/byte-size.ts'
import { toHex } from '../../base/hex.ts'
import {
  encodeVerityTree,
  hashVerityBlock,
  type VerityTree,
  verityBlockBytes,
} from '../../protocol/verity/verity-tree.ts'

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer')

export interface VerityPartition {
  readonly area: Uint8Array
  /** 64 hex digits. */
  readonly rootHash: string
  /** 64 hex digits. */
  readonly salt: string
  /** Of what is proven: the file, to whole blocks. */
  readonly dataBytes: number
}

/** Hashes a file, whose last block is filled up with zeros, into a tree. `salt` and `uuid` are told to the kernel. */
export async function makeVerityPartition(
  file: string,
  { uuid, salt }: { readonly uuid: string; readonly salt: Uint8Array },
): Promise<VerityPartition> {
  const { size } = await stat(file)
  const dataBlocks = Math.ceil(size / verityBlockBytes)
  const digests = new Uint8Array(dataBlocks * 32)
  await using handle = await open(file)
  const part = Buffer.alloc(MEBIBYTE)
  for (let offset = 0; offset < size; offset += part.length) {
    part.fill(0)
    await handle.read(part, 0, Math.min(part.length, size - offset), offset)
    const firstBlock = offset / verityBlockBytes
    const blocks = Math.min(part.length / verityBlockBytes, dataBlocks - firstBlock)
    for (let index = 0; index < blocks; index++) {
      const block = part.subarray(index * verityBlockBytes, (index + 1) * verityBlockBytes)
      digests.set(hashVerityBlock(block, salt, sha256), (firstBlock + index) * 32)
    }
  }
  const tree: VerityTree = encodeVerityTree(digests, { uuid, salt }, sha256)
  const facts = { rootHash: toHex(tree.rootDigest), salt: toHex(salt) }
  return { area: tree.area, ...facts, dataBytes: dataBlocks * verityBlockBytes }
}
