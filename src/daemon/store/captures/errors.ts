import { CodedError } from '../../../base/coded-error.ts'

/** An agent sent what is no chunk of its disk. */
export class CaptureChunkError extends CodedError {
  readonly code = 'ERR_CAPTURE_CHUNK_INVALID'
  readonly chunkIndex: number

  constructor(chunkIndex: number, reason: string) {
    super(`chunk ${chunkIndex} of a capture is refused: ${reason}`)
    this.chunkIndex = chunkIndex
  }
}

/** What is stored is not the disk that the agent has read. No image is made of it. */
export class CaptureIncompleteError extends CodedError {
  readonly code = 'ERR_CAPTURE_INCOMPLETE'

  constructor(reason: string) {
    super(`the captured disk is not whole: ${reason}`, {
      remedy: 'capture again: only what is missing is sent',
    })
  }
}

/** The disk of the daemon would run full. */
export class CaptureSpaceError extends CodedError {
  readonly code = 'ERR_CAPTURE_NO_SPACE'

  constructor(freeBytes: number) {
    super(`no room for another chunk: ${freeBytes} bytes are free, the rest is for the database`, {
      remedy: 'remove images (repave image rm, repave image gc) or enlarge the data directory',
    })
  }
}
