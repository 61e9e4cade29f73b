import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

import { type Digest, digestFromBytes } from '../../base/digest.ts'
import type { ByteRange } from '../block-writer/write-plan.ts'
import { rangesWithin } from './byte-ranges.ts'
import { CaptureRefusedError } from './errors.ts'

/** What the image holds in place of what the device shows. */
export interface CaptureView {
  readonly rawBytes: number
  /** Read as zero: free space and gaps. Sorted, apart from each other. */
  readonly zeroRanges: readonly ByteRange[]
  /** Laid over everything else. */
  readonly tables: readonly { readonly offset: number; readonly bytes: Uint8Array }[]
}

/**
 * Fills `buffer` with the image's bytes from `offset` on.
 *
 * @throws {CaptureRefusedError} when the device ends too early
 */
export async function readCapturedBytes(
  device: FileHandle,
  view: CaptureView,
  buffer: Buffer,
  offset: number,
): Promise<void> {
  const window = { offset, length: buffer.length }
  const zeros = rangesWithin(view.zeroRanges, window)
  buffer.fill(0)
  for (const used of between(zeros, buffer.length)) {
    await readFully(
      device,
      buffer.subarray(used.offset, used.offset + used.length),
      offset + used.offset,
    )
  }
  for (const { offset: tableOffset, bytes } of view.tables) {
    for (const part of rangesWithin([{ offset: tableOffset, length: bytes.length }], window)) {
      const start = offset + part.offset - tableOffset
      buffer.set(bytes.subarray(start, start + part.length), part.offset)
    }
  }
}

/** Undefined when all bytes are zero: nothing is stored of such a chunk. */
export function capturedDigest(bytes: Buffer, zeros: Buffer): Digest | undefined {
  if (bytes.equals(zeros.subarray(0, bytes.length))) return undefined
  return digestFromBytes(createHash('sha256').update(bytes).digest())
}

/** What the sorted `ranges` leave of `length` bytes. */
function between(ranges: readonly ByteRange[], length: number): ByteRange[] {
  const left: ByteRange[] = []
  let end = 0
  for (const range of [...ranges, { offset: length, length: 0 }]) {
    if (range.offset > end) left.push({ offset: end, length: range.offset - end })
    end = range.offset + range.length
  }
  return left
}

async function readFully(device: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await device.read(bytes, done, bytes.length - done, offset + done)
    if (bytesRead === 0) {
      throw new CaptureRefusedError(
        `it ends at byte ${offset + done}, before its last partition does`,
        'the disk is damaged: replace it, or capture another machine',
      )
    }
    done += bytesRead
  }
}
