import type { Digest } from '../../../base/digest.ts'
import type { CaptureFinish } from '../../../contract/capture.ts'
import type { StoredImage } from './image-store.ts'

/** A capture that is under way: whose disk it is, and what its image will be called. */
export interface Capture {
  readonly runId: string
  readonly machineName: string
  readonly imageName: string
  readonly imageVersion: string
  /** Nothing of the image lies behind this. */
  readonly diskBytes: number
}

export interface SpooledChunk {
  readonly index: number
  readonly rawDigest: Digest
}

/** Where the chunks of captured disks wait until their image is whole. What is there survives a restart. */
export interface CaptureSpool {
  /** What an earlier try has sent. */
  storedChunks(runId: string): Promise<readonly SpooledChunk[]>
  /** @throws {CaptureChunkError} when the frame is none, or its bytes lie outside the disk */
  storeChunk(capture: Capture, index: number, frame: Uint8Array): Promise<void>
  /**
   * Makes an image of what is stored, and forgets it.
   *
   * @throws {CaptureIncompleteError} when that is not what `finish` lists; what is stored then stays
   */
  finish(capture: Capture, finish: CaptureFinish): Promise<StoredImage>
  /** Sweeps what no run of these will finish any more. */
  keepOnly(runIds: ReadonlySet<string>): Promise<void>
}

/** Knows which captures are under way. */
export interface CaptureDesk {
  /** Undefined unless this attempt is the one that captures now, and `key` is its run's. */
  captureOf(key: string, attemptId: string): Promise<Capture | undefined>
}
