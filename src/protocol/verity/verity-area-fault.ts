import { asciiBytes } from '../../base/ascii.ts'
import { toHex } from '../../base/hex.ts'
import { hashVerityBlock, type Sha256, verityBlockBytes } from './verity-tree.ts'

/** Superblock and the top of the tree: what {@link verityAreaFault} looks at. */
export const verityHeadBytes = 2 * verityBlockBytes

export interface VerityClaim {
  /** 64 hex digits. */
  readonly rootHash: string
  /** Hex digits. */
  readonly salt: string
  readonly dataBytes: number
}

/**
 * Why the area whose first {@link verityHeadBytes} are given does not prove what is claimed; undefined
 * when it does. What lies below the top is checked by the kernel, block by block, against the top.
 */
export function verityAreaFault(
  head: Uint8Array,
  claim: VerityClaim,
  sha256: Sha256,
): string | undefined {
  const magic = asciiBytes('verity')
  if (head.length < verityHeadBytes || magic.some((byte, index) => head[index] !== byte)) {
    return 'there is no verity superblock'
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const salt = head.subarray(88, 88 + Math.min(view.getUint16(80, true), 256))
  if (toHex(salt) !== claim.salt) return 'the superblock has another salt'
  const dataBlocks = Number(view.getBigUint64(72, true))
  if (dataBlocks * verityBlockBytes !== claim.dataBytes) {
    return `the superblock is about ${dataBlocks} blocks`
  }
  const top = head.subarray(verityBlockBytes, verityHeadBytes)
  const isProven = toHex(hashVerityBlock(top, salt, sha256)) === claim.rootHash
  return isProven ? undefined : 'the top of the tree has another hash'
}
