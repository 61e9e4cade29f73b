import { asciiBytes } from '../../base/ascii.ts'
import { fromHex } from '../../base/hex.ts'

/** Of data and of hashes alike. */
export const verityBlockBytes = 4096
const digestBytes = 32
const digestsPerBlock = verityBlockBytes / digestBytes

/** sha256 of the bytes it is given; handed in because pure code has no hash of its own. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

export interface VerityFacts {
  /** Text of a UUID; names the pair of partitions. */
  readonly uuid: string
  /** In front of every block that is hashed; at most 256 bytes. */
  readonly salt: Uint8Array
}

export interface VerityTree {
  /** What the kernel is told: the digest of the tree's top. */
  readonly rootDigest: Uint8Array
  /** Superblock, then the levels from the top down: the content of the partition of hashes. */
  readonly area: Uint8Array
}

/** Bytes that {@link VerityTree.area} takes for so many blocks of data. */
export function verityAreaBytes(dataBlocks: number): number {
  let blocks = 1
  for (let below = dataBlocks; below > 1;) {
    below = Math.ceil(below / digestsPerBlock)
    blocks += below
  }
  return blocks * verityBlockBytes
}

/** The digest of one block, as the lowest level of the tree holds it. */
export function hashVerityBlock(block: Uint8Array, salt: Uint8Array, sha256: Sha256): Uint8Array {
  const salted = new Uint8Array(salt.length + block.length)
  salted.set(salt)
  salted.set(block, salt.length)
  return sha256(salted)
}

/**
 * The hash tree of dm-verity, version 1 (linux/Documentation/admin-guide/device-mapper/verity.rst;
 * the superblock is cryptsetup's).
 *
 * @param dataDigests of every block of data, 32 bytes each, one behind the other
 * @throws {RangeError} when there is no whole digest, or the salt is too long
 */
export function encodeVerityTree(
  dataDigests: Uint8Array,
  facts: VerityFacts,
  sha256: Sha256,
): VerityTree {
  const dataBlocks = dataDigests.length / digestBytes
  if (dataBlocks < 1 || !Number.isInteger(dataBlocks)) throw new RangeError('no whole digests')
  const levels: Uint8Array[] = []
  let digests = dataDigests
  while (digests.length > digestBytes) {
    const level = new Uint8Array(Math.ceil(digests.length / verityBlockBytes) * verityBlockBytes)
    level.set(digests)
    levels.unshift(level)
    digests = hashLevel(level, facts.salt, sha256)
  }
  const area = new Uint8Array(verityAreaBytes(dataBlocks))
  area.set(encodeSuperblock(dataBlocks, facts))
  let offset = verityBlockBytes
  for (const level of levels) {
    area.set(level, offset)
    offset += level.length
  }
  return { rootDigest: digests, area }
}

function hashLevel(level: Uint8Array, salt: Uint8Array, sha256: Sha256): Uint8Array {
  const blocks = level.length / verityBlockBytes
  const digests = new Uint8Array(blocks * digestBytes)
  for (let index = 0; index < blocks; index++) {
    const block = level.subarray(index * verityBlockBytes, (index + 1) * verityBlockBytes)
    digests.set(hashVerityBlock(block, salt, sha256), index * digestBytes)
  }
  return digests
}

/**
 * ```
 * 0  "verity\0\0"   8 version 1   12 hash type 1   16 UUID   32 algorithm (32 bytes)
 * 64 data block size   68 hash block size   72 data blocks (8)   80 salt size (2)   88 salt (256)
 * ```
 */
function encodeSuperblock(dataBlocks: number, { uuid, salt }: VerityFacts): Uint8Array {
  if (salt.length > 256) throw new RangeError(`a salt has 256 bytes at most, got ${salt.length}`)
  const block = new Uint8Array(512)
  const view = new DataView(block.buffer)
  block.set(asciiBytes('verity'))
  view.setUint32(8, 1, true)
  view.setUint32(12, 1, true)
  block.set(fromHex(uuid.replaceAll('-', '')), 16)
  block.set(asciiBytes('sha256'), 32)
  view.setUint32(64, verityBlockBytes, true)
  view.setUint32(68, verityBlockBytes, true)
  view.setBigUint64(72, BigInt(dataBlocks), true)
  view.setUint16(80, salt.length, true)
  block.set(salt, 88)
  return block
}
