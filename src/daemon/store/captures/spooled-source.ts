import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

import { digestFromBytes } from '../../../base/digest.ts'
import { captureChunkBytes, type CaptureFinish } from '../../../contract/capture.ts'
import type { Capture } from '../../domain/image/capture-spool.ts'
import type { ImportSource } from '../../domain/image/import-source.ts'
import { CaptureIncompleteError } from './errors.ts'

/**
 * The captured disk as a source of an image: what no chunk covers is zero, and every other chunk is
 * compared with the digest that its agent gave when it read the disk.
 */
export function spooledSource(
  path: string,
  { machineName, runId }: Capture,
  { rawBytes, chunkDigests }: CaptureFinish,
): ImportSource {
  return {
    async *[Symbol.asyncIterator]() {
      // Without a single stored chunk there is no file: an empty disk, and all of it zero.
      await using file = await open(path, 'a+')
      for (const [index, digest] of chunkDigests.entries()) {
        const offset = index * captureChunkBytes
        const bytes = Buffer.alloc(Math.min(captureChunkBytes, rawBytes - offset))
        if (digest !== null) {
          await readInto(file, bytes, offset)
          if (digestFromBytes(createHash('sha256').update(bytes).digest()) !== digest) {
            throw new CaptureIncompleteError(`chunk ${index} is not what was read`)
          }
        }
        yield bytes
      }
    },
    prove: ({ digest, bytes }) => ({
      origin: { kind: 'machine', name: machineName, runId },
      formats: ['raw'],
      sourceDigest: digest,
      sourceBytes: bytes,
      checksum: { kind: 'verified', checksum: digest },
      rawChecksum: { kind: 'verified', checksum: digest },
      paddedBytes: 0,
    }),
  }
}

/** A hole at the end of the file reads as zero. */
async function readInto(file: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done)
    if (bytesRead === 0) return
    done += bytesRead
  }
}
