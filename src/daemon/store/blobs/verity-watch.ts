import { hash } from 'node:crypto'

import { CodedError } from '../../../base/coded-error.ts'
import type { ImageVerity } from '../../../contract/image-verity.ts'
import { verityAreaFault, verityHeadBytes } from '../../../protocol/verity/verity-area-fault.ts'

/** The root hash that an image is said to have is not the one of the tree inside. Nothing was stored. */
export class VerityClaimWrongError extends CodedError {
  readonly code = 'ERR_IMAGE_VERITY_WRONG'

  constructor(reason: string) {
    super(`the image does not prove the root hash that its label states: ${reason}`, {
      remedy: 'build the image again, or import it without its label',
    })
  }
}

/**
 * Passes the raw disk on, and at its end compares the hash tree inside with what is claimed of it: the
 * manifest that will be signed states it.
 *
 * @throws {VerityClaimWrongError} behind the last byte
 */
export async function* watchVerity(
  disk: AsyncIterable<Uint8Array>,
  claim: ImageVerity,
): AsyncGenerator<Uint8Array> {
  const head = new Uint8Array(verityHeadBytes)
  const { treeOffsetBytes, dataOffsetBytes, dataBytes } = claim
  let offset = 0
  for await (const part of disk) {
    const from = Math.max(treeOffsetBytes - offset, 0)
    const to = Math.min(treeOffsetBytes + head.length - offset, part.length)
    if (from < to) head.set(part.subarray(from, to), offset + from - treeOffsetBytes)
    offset += part.length
    yield part
  }
  const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer')
  const fault =
    Math.max(dataOffsetBytes + dataBytes, treeOffsetBytes + head.length) > offset
      ? 'it reaches beyond the end of the image'
      : verityAreaFault(head, claim, sha256)
  if (fault !== undefined) throw new VerityClaimWrongError(fault)
}
