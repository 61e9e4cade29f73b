import { open } from 'node:fs/promises'

import type { Digest } from '../../base/digest.ts'
import { captureChunkBytes, type CapturedImage } from '../../contract/capture.ts'
import { runLanes } from './lanes.ts'
import { capturedDigest, type CaptureView, readCapturedBytes } from './capture-chunks.ts'
import type { CaptureUpload } from './capture-upload.ts'

export interface CaptureDiskOptions {
  readonly devicePath: string
  readonly view: CaptureView
  readonly sectorBytes: 512 | 4096
  readonly upload: CaptureUpload
  /** Chunks read, compressed and sent at a time. */
  readonly laneCount: number
  readonly signal: AbortSignal
  /** Told now and then: raw bytes read so far, of `view.rawBytes`. */
  readonly onProgress: (doneBytes: number) => void
}

export interface CaptureTotals {
  readonly image: CapturedImage
  readonly zeroChunks: number
  /** Chunks that the daemon had from an earlier try. */
  readonly resumedChunks: number
  readonly sentChunks: number
  readonly sentBytes: number
}

/**
 * Reads the image chunk by chunk and sends what the daemon lacks. The digests that end it are of the
 * bytes as they were read here: the daemon names the image only when it holds just those.
 *
 * @throws {CaptureUploadError} {@link CaptureRefusedError}
 */
export async function captureDisk(options: CaptureDiskOptions): Promise<CaptureTotals> {
  const { view, upload, sectorBytes, laneCount, signal } = options
  const stored = await upload.storedChunks()
  await using device = await open(options.devicePath, 'r')
  const chunkCount = Math.ceil(view.rawBytes / captureChunkBytes)
  const chunkDigests = Array.from<Digest | null>({ length: chunkCount }).fill(null)
  const zeros = Buffer.alloc(captureChunkBytes)
  const totals = { resumedChunks: 0, sentChunks: 0, sentBytes: 0 }
  let next = 0
  let doneBytes = 0
  await runLanes(laneCount, signal, async () => {
    const chunk = Buffer.allocUnsafeSlow(captureChunkBytes)
    for (let index = next++; index < chunkCount; index = next++) {
      signal.throwIfAborted()
      const offset = index * captureChunkBytes
      const bytes = chunk.subarray(0, Math.min(captureChunkBytes, view.rawBytes - offset))
      await readCapturedBytes(device, view, bytes, offset)
      const digest = capturedDigest(bytes, zeros)
      if (digest !== undefined) {
        chunkDigests[index] = digest
        if (stored.get(index) === digest) totals.resumedChunks++
        else {
          totals.sentBytes += await upload.storeChunk(index, bytes)
          totals.sentChunks++
        }
      }
      doneBytes += bytes.length
      options.onProgress(doneBytes)
    }
  })
  const image = await upload.finish({ rawBytes: view.rawBytes, sectorBytes, chunkDigests })
  const zeroChunks = chunkDigests.filter((digest) => digest === null).length
  return { image, zeroChunks, ...totals }
}
